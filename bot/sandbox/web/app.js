/** Puts the page together: opens the tab, hears of changes, and hands them to the parts. */

import { askOrSay, hello, isOld, listen, move } from "./api.js";
import { byId, fillSelect, say } from "./dom.js";
import { initMenu } from "./menus.js";
import { renderMessages } from "./messages.js";
import { initPolicy, loadPolicies } from "./policy.js";
import { initSheet } from "./sheet.js";
import { initTabs } from "./tabs.js";
import { initTries, showDone } from "./tries.js";

const LOST_AFTER = 4000; // milliseconds without an answer

let fixed = null;
let state = null;
let frameShown = "";
let roundShown = 0;
let lostTimer = 0;

const names = () => state?.names || {};
const openMenu = initMenu(names);
const showViews = initTabs(byId("views"), "view", showView);
const showPanels = initTabs(byId("panels"), "panel", showPanel);

function showView(view) {
  const main = byId("main");
  main.dataset.view = view;
  showViews(view);
  if (view === "aside" || view === "policy") showPanel(view);
}

function showPanel(panel) {
  byId("main").dataset.panel = panel;
  showPanels(panel);
  byId("aside").hidden = panel !== "aside";
  byId("policy").hidden = panel !== "policy";
  byId("aside-pick").hidden = panel !== "aside";
  if (panel === "policy" && !byId("policy-pick").options.length) void loadPolicies();
}

function openPanel(panel) {
  showView(panel);
  byId("policy-text").focus();
}

function changed(now) {
  if (isOld(now)) return;
  state = now;
  byId("hour").disabled = !now.ready;
  byId("reset").disabled = !now.ready;
  if (!now.ready) { wait("Making the server…"); return; }
  if (now.round !== roundShown) newRound(now.round);
  showPlaces(now.at);
  showFrame(now.frame);
  showMeters(now);
  showDone(now.done);
  renderMessages({ room: now.at.aside, messages: now.messages, names: now.names, open: openMenu });
}

function newRound(round) {
  const first = roundShown === 0;
  roundShown = round;
  if (!first) say("A fresh server is ready.");
  byId("policy-pick").replaceChildren();
  byId("policy-pick").dataset.options = "";
  if (!byId("policy").hidden) void loadPolicies();
}

function showPlaces(at) {
  fillSelect(byId("person"), fixed.people.map((each) => [each.key, `${each.name}, ${each.role}`]), at.person);
  const rooms = fixed.rooms.filter((each) => each.people.includes(at.person));
  fillSelect(byId("room"), rooms.map((each) => [each.key, each.name]), at.room);
  fillSelect(byId("aside-room"), fixed.rooms.map((each) => [each.key, each.key === at.room ? `${each.name} (here)` : each.name]), at.aside);
  const person = fixed.people.find((each) => each.key === at.person);
  byId("aside-note").textContent = at.aside_read_only
    ? `${person.name} can’t see this room in Discord. You can, to learn.`
    : "Read only. It updates by itself.";
}

function showFrame(frame) {
  const address = `${fixed.frameOrigin}/?room=${frame.number}#${frame.secret}`;
  if (!frame.secret || address === frameShown) return;
  frameShown = address;
  byId("frame").src = address;
  byId("frame").hidden = false;
  byId("frame-wait").hidden = true;
}

function wait(text) {
  frameShown = "";
  byId("frame").hidden = true;
  byId("frame").removeAttribute("src");
  byId("frame-wait").textContent = text;
  byId("frame-wait").hidden = false;
}

function showMeters({ queue, clock, ahead_hours: ahead }) {
  const busy = queue.judging || queue.cards_waiting;
  const parts = [queue.judging && `${queue.judging} being judged`, queue.cards_waiting && `${queue.cards_waiting} cards to post`];
  byId("queue").textContent = busy ? parts.filter(Boolean).join(", ") : queue.thinking ? "thinking" : "empty";
  byId("cards").textContent = String(queue.cards);
  byId("clock").textContent = `${clock.slice(11, 16)} UTC${ahead ? ` (+${ahead} h)` : ""}`;
}

/** Cover the page, which can do nothing any longer. */
function over(text, canReload) {
  byId("over-text").textContent = text;
  byId("over-reload").hidden = !canReload;
  byId("over-close").hidden = canReload;
  byId("over").hidden = false;
  for (const part of document.querySelectorAll(".bar, .views, main")) part.inert = true;
  wait("");
  byId(canReload ? "over-reload" : "over-close").focus();
}

function lost() {
  if (lostTimer) return;
  lostTimer = setTimeout(() => over("The sandbox has stopped. Start it again in your terminal, and open the new address.", false), LOST_AFTER);
}

function back() {
  clearTimeout(lostTimer);
  lostTimer = 0;
}

async function pressed(button, asking, done) {
  button.disabled = true;
  const said = await asking;
  button.disabled = false;
  if (said) done(said);
}

function listenToControls() {
  const enter = () => void move("enter", { person: byId("person").value, room: byId("room").value });
  byId("person").addEventListener("change", enter);
  byId("room").addEventListener("change", enter);
  byId("aside-room").addEventListener("change", () => void move("look", { room: byId("aside-room").value }));
  byId("switch").addEventListener("click", (event) => void pressed(event.currentTarget, move("switch"), () => showView("here")));
  byId("hour").addEventListener("click", (event) => void pressed(event.currentTarget, askOrSay("hour"), ({ failed }) => {
    say(failed.length ? `An hour passed. These jobs failed: ${failed.join(", ")}.` : "An hour passed, and all scheduled work ran.");
  }));
  byId("reset").addEventListener("click", (event) => void pressed(event.currentTarget, askOrSay("reset"), () => say("Making a fresh server…")));
  byId("over-reload").addEventListener("click", () => location.reload());
  byId("over-close").addEventListener("click", () => {
    byId("over").hidden = true;
    for (const part of document.querySelectorAll(".bar, .views, main")) part.inert = false;
  });
}

async function begin() {
  initSheet();
  listenToControls();
  showView("here");
  showPanel("aside");
  fixed = await hello();
  document.title = `${fixed.server} · Bylaw sandbox`;
  byId("judge").textContent = fixed.judge;
  byId("judge").classList.toggle("lite", fixed.lite);
  initTries(fixed.toTry, { openPanel, showView, showPanel });
  initPolicy(fixed, names);
  listen({ changed, lost, back, taken: () => over("Another tab has taken over, so this one has stopped.", true) });
}

begin().catch(() => over("The sandbox does not answer. Start it again in your terminal, and open the new address.", false));
