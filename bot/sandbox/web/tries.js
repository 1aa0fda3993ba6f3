/** The list of things to try. The server says what is done, by what really happened. */

import { askOrSay, move } from "./api.js";
import { byId, el, say } from "./dom.js";

let things = [];

let goTo = async () => {};

export function initTries(toTry, { openPanel, showView, showPanel }) {
  things = toTry;
  goTo = async ({ person, room }) => {
    await move("enter", { person, room });
    showPanel("aside"); // what one does here is seen on the other side
    showView("here");
  };
  byId("try-list").replaceChildren(...toTry.map((each) => el("li", { data: { key: each.key } },
    el("span", { class: "tick", aria: { hidden: "true" } }),
    el("div", {},
      el("h3", {}, each.title, el("span", { class: "hidden done-word" }, " (to do)")),
      el("p", {}, each.how),
      each.text && el("p", { class: "sample" }, el("code", {}, each.text)),
      el("div", { class: "row" },
        each.person && !each.does && el("button", { type: "button", onclick: () => void goTo(each) }, "Go there"),
        each.text && el("button", { type: "button", onclick: () => void copy(each.text) }, "Copy the text"),
        each.opens && el("button", { type: "button", onclick: () => openPanel(each.opens) }, "Open the editor"),
        each.does && el("button", { type: "button", onclick: (event) => void act(each, event.currentTarget) }, "Start it"))))));
}

async function act(thing, button) {
  button.disabled = true;
  const said = await askOrSay(thing.does);
  button.disabled = false;
  if (!said) return;
  say(`${said.members} members posted the same scam in #general.`);
  await goTo(thing);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied. Paste it into the room.");
  } catch {
    say("Your browser does not let this page copy. Select the text and copy it.");
  }
}

/** @param {string[]} done */
export function showDone(done) {
  const keys = new Set(done);
  for (const item of byId("try-list").children) {
    const isDone = keys.has(item.dataset.key);
    item.classList.toggle("done", isDone);
    item.querySelector(".done-word").textContent = isDone ? " (done)" : " (to do)";
  }
  byId("try-count").textContent = `${things.filter((each) => keys.has(each.key)).length} of ${things.length} done`;
}
