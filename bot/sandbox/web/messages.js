/** A room as a read-only column: messages with their cards, buttons shown but never pressed. */

import { byId, el } from "./dom.js";
import { blocks, inline } from "./markdown.js";

const TYPE = { ROW: 1, BUTTON: 2, SECTION: 9, TEXT: 10, THUMBNAIL: 11, GALLERY: 12, FILE: 13, SEPARATOR: 14, CONTAINER: 17 };
const SELECTS = new Set([3, 5, 6, 7, 8]);
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

let shown = "";

/** @param {{room: string, messages: object[], names: Record<string, string>, open: (message: object, button: HTMLElement) => void}} what */
export function renderMessages({ room, messages, names, open }) {
  const list = byId("messages");
  const now = JSON.stringify([room, messages, names]);
  if (now === shown) return;
  shown = now;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const focused = document.activeElement?.closest?.("[data-message]")?.dataset.message;
  const byNumber = new Map(messages.map((each) => [each.id, each]));
  const nodes = messages.map((each) => messageNode({ ...each, room }, { names, open, byNumber }));
  list.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "empty" }, "No messages here yet.")]));
  if (focused) list.querySelector(`[data-message="${CSS.escape(focused)}"] .more`)?.focus();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function messageNode(message, { names, open, byNumber }) {
  const answered = message.answers ? byNumber.get(message.answers) : null;
  const more = el("button", {
    type: "button", class: "more", aria: { haspopup: "true", label: `Actions for the message by ${message.author}` },
    onclick: () => open(message, more),
  }, "⋯");
  return el("article", { class: message.app ? "message app" : "message", data: { message: message.id } },
    el("header", {},
      el("strong", { class: "author" }, message.author),
      message.app && el("span", { class: "tag" }, "APP"),
      el("time", { class: "quiet", datetime: message.at }, clock(message.at)),
      message.edited && el("span", { class: "quiet" }, "(edited)"),
      more),
    answered && el("p", { class: "answered quiet" }, `↩ ${answered.author}: ${answered.text.slice(0, 80)}`),
    message.text && el("div", { class: "words" }, ...blocks(message.text, names)),
    ...message.forwarded.map((text) => el("blockquote", { class: "words" }, el("p", { class: "small" }, "Forwarded"), ...blocks(text, names))),
    ...message.files.map((name) => el("p", { class: "file" }, `📎 ${name}`)),
    ...message.embeds.map((embed) => embedNode(embed, names)),
    ...message.components.map((component) => componentNode(component, names)));
}

function clock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
}

function embedNode(embed, names) {
  return el("div", { class: "box" },
    embed.title && el("p", {}, el("strong", {}, ...inline(embed.title, names))),
    embed.description && el("div", {}, ...blocks(embed.description, names)),
    ...(embed.fields || []).map((field) => el("p", {}, el("strong", {}, field.name), ": ", ...inline(field.value, names))));
}

function componentNode(component, names) {
  switch (component.type) {
    case TYPE.CONTAINER: return containerNode(component, names);
    case TYPE.TEXT: return el("div", { class: "words" }, ...blocks(component.content, names));
    case TYPE.SEPARATOR: return el("hr");
    case TYPE.ROW: return el("div", { class: "row" }, ...component.components.map((each) => componentNode(each, names)));
    case TYPE.SECTION: return el("div", { class: "section" },
      el("div", {}, ...component.components.map((each) => componentNode(each, names))),
      component.accessory && componentNode(component.accessory, names));
    case TYPE.BUTTON: return buttonNode(component);
    case TYPE.GALLERY: return el("p", { class: "file" }, `🖼 ${component.items.length} picture(s)`);
    case TYPE.THUMBNAIL: return el("p", { class: "file" }, "🖼 picture");
    case TYPE.FILE: return el("p", { class: "file" }, "📎 file");
    default: return SELECTS.has(component.type) ? el("span", { class: "fake select" }, component.placeholder || "Choose…") : el("span");
  }
}

function containerNode(component, names) {
  const node = el("div", { class: "box" }, ...component.components.map((each) => componentNode(each, names)));
  if (Number.isInteger(component.accent_color)) {
    node.style.setProperty("--edge", `#${component.accent_color.toString(16).padStart(6, "0")}`);
  }
  return node;
}

function buttonNode(component) {
  const style = STYLES[component.style] || "secondary";
  const label = [component.emoji?.name, component.label].filter(Boolean).join(" ");
  return el("span", { class: `fake ${style}${component.disabled ? " off" : ""}` }, label);
}
