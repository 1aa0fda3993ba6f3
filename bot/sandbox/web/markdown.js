/** Discord's markup as nodes. What it does not know stays text; a link shows where it leads and cannot be followed. */

import { el } from "./dom.js";

const INLINE = [
  [/^```(?:[a-z0-9+-]*\n)?([\s\S]+?)```/i, (match) => el("pre", {}, el("code", {}, match[1]))],
  [/^``([^`]+)``|^`([^`]+)`/, (match) => el("code", {}, match[1] || match[2])],
  [/^\*\*([\s\S]+?)\*\*(?!\*)/, (match, names) => el("strong", {}, ...inline(match[1], names))],
  [/^__([\s\S]+?)__/, (match, names) => el("u", {}, ...inline(match[1], names))],
  [/^~~([\s\S]+?)~~/, (match, names) => el("s", {}, ...inline(match[1], names))],
  [/^\|\|([\s\S]+?)\|\|/, (match, names) => spoiler(match[1], names)],
  [/^\*([^\s*][^*]*?)\*/, (match, names) => el("em", {}, ...inline(match[1], names))],
  [/^_([^\s_][^_]*?)_(?!\w)/, (match, names) => el("em", {}, ...inline(match[1], names))],
  [/^<@[!&]?(\d{1,20})>/, (match, names) => el("span", { class: "mention" }, `@${names[`@${match[1]}`] || "unknown"}`)],
  [/^<#(\d{1,20})>/, (match, names) => el("span", { class: "mention" }, `#${names[`#${match[1]}`] || "unknown"}`)],
  [/^<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/, (match) => time(Number(match[1]), match[2])],
  [/^<a?:(\w{1,40}):\d{1,20}>/, (match) => `:${match[1]}:`],
  [/^<\/([\w -]{1,100}):\d{1,20}>/, (match) => el("span", { class: "mention" }, `/${match[1]}`)],
  [/^\[([^\]\n]{1,300})\]\(<?(https?:\/\/[^\s)>]+)>?(?: "[^"\n]*")?\)/, (match) => link(match[1], match[2])],
  [/^https?:\/\/[^\s<>]+/, (match) => link(match[0], match[0])],
  [/^\\([^\w\s])/, (match) => match[1]],
];

/** @returns {(Node | string)[]} */
export function inline(text, names = {}) {
  const out = [];
  let plain = "";
  let rest = String(text);
  while (rest) {
    const found = firstMatch(rest, plain);
    if (found === null) {
      plain += rest[0];
      rest = rest.slice(1);
      continue;
    }
    const [match, make] = found;
    if (plain) out.push(plain);
    plain = "";
    out.push(make(match, names));
    rest = rest.slice(match[0].length);
  }
  if (plain) out.push(plain);
  return out;
}

const MAY_BEGIN = /^[*_~|`<[h\\]/;

function firstMatch(rest, before) {
  if (!MAY_BEGIN.test(rest) || (rest[0] === "h" && /\w$/.test(before))) return null;
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(rest);
    if (match) return [match, make];
  }
  return null;
}

function spoiler(text, names) {
  const button = el("button", { type: "button", class: "spoiler", aria: { expanded: "false", label: "Spoiler. Press to show." } });
  button.addEventListener("click", () => {
    button.replaceWith(el("span", { class: "spoiler-open" }, ...inline(text, names)));
  });
  return button;
}

function time(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "(a date)";
  const full = date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  return el("time", { datetime: date.toISOString(), title: full }, style === "R" ? relative(date) : full);
}

function relative(date) {
  const minutes = Math.round((date.getTime() - Date.now()) / 60000);
  const [count, unit] = Math.abs(minutes) < 60 ? [minutes, "minute"]
    : Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(count, unit);
}

function link(text, address) {
  return el("span", { class: "link", title: address }, text);
}

/** Whole lines: headings, small print, quotes, lists, paragraphs. */
export function blocks(text, names = {}) {
  const out = [];
  let fence = "";
  for (const line of String(text).split("\n")) {
    if (fence || /^```/.test(line)) {
      fence += `${line}\n`;
      if (fence.indexOf("```", 3) > 0 && fence.length > 4) { out.push(...inline(fence.trimEnd(), names)); fence = ""; }
      continue;
    }
    out.push(block(line, names));
  }
  if (fence) out.push(el("p", {}, fence));
  return out;
}

function block(line, names) {
  const heading = /^(#{1,3}) (.+)/.exec(line);
  if (heading) return el("p", { class: `heading heading-${heading[1].length}` }, ...inline(heading[2], names));
  const small = /^-# (.+)/.exec(line);
  if (small) return el("p", { class: "small" }, ...inline(small[1], names));
  const quote = /^> ?(.*)/.exec(line);
  if (quote) return el("blockquote", {}, ...inline(quote[1], names));
  const item = /^\s*[-*] (.+)/.exec(line);
  if (item) return el("p", { class: "item" }, ...inline(item[1], names));
  return el("p", {}, ...inline(line, names));
}
