/** The menu of a message: what the model reads, and the commands that Discord keeps in its own menus. */

import { ask, askOrSay } from "./api.js";
import { byId, el, say } from "./dom.js";
import { blocks } from "./markdown.js";
import { showReads } from "./reads.js";
import { openSheet } from "./sheet.js";

/** @param {() => Record<string, string>} names */
export function initMenu(names) {
  const menu = byId("menu");

  async function choose(message, name, button) {
    menu.hidePopover();
    const answer = await askOrSay("menu", { room: message.room, message: message.id, name });
    if (!answer) return;
    const said = answer.answers.length ? answer.answers : ["The bot did not answer."];
    openSheet(name, [
      el("p", { class: "quiet" }, `Only you see this answer. It is in ${answer.room} too, with its buttons.`),
      ...said.map((text) => el("div", { class: "box words" }, ...blocks(text, names()))),
    ], button);
  }

  function place(button) {
    const at = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
    menu.style.top = `${at.bottom + height > innerHeight - 8 ? Math.max(8, at.top - height - 4) : at.bottom + 4}px`;
  }

  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });

  /** Open the menu of a message beside its button. */
  return async function open(message, button) {
    let offered;
    try {
      offered = await ask("menus", { room: message.room });
    } catch (error) {
      say(error.message);
      return;
    }
    const reads = el("button", { type: "button", onclick: () => { menu.hidePopover(); void showReads(message, button); } },
      "What the model reads");
    const item = (name) => el("button", { type: "button", onclick: () => void choose(message, name, button) }, name);
    menu.replaceChildren(
      reads,
      ...(offered.message.length ? [el("p", { class: "quiet" }, "Apps, on the message"), ...offered.message.map(item)] : []),
      ...(offered.user.length ? [el("p", { class: "quiet" }, `Apps, on ${message.author}`), ...offered.user.map(item)] : []),
      ...(offered.message.length || offered.user.length ? [] : [el("p", { class: "quiet" }, "You can’t be here in Discord, so there are no commands for you.")]));
    menu.showPopover();
    place(button);
    reads.focus();
  };
}
