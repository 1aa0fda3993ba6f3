/** The policy editor: linted while one types, tried on sentences, published. */

import { ask, askOrSay } from "./api.js";
import { byId, el, fillSelect } from "./dom.js";
import { blocks, inline } from "./markdown.js";

const NEW = " new";
const SKELETON = `# My policy

What this is for, in a sentence.

## Rules
### R1 A short name
Severity: medium
Breaks it: what a message must do to break the rule.
Does not: what looks like it and is fine.
Examples:
- violates: "a message that breaks it"
- violates: "another one"
- allowed: "a message that comes close and is fine"
- allowed: "another one"

## When it is unclear
Count it as allowed.
`;
const SENTENCES = "the killer is the lighthouse keeper\nthe ending wrecked me, no details\nFree Nitro, claim it here: http://dlscord-gift.example";
const OUTCOMES = { violation: "breaks", clear: "clear", undecided: "no verdict" };

/** Texts that somebody has changed and not published, by the name of the policy. Neither choosing another one nor
 * reloading the page loses any. */
const KEPT = "bylaw-sandbox-texts";
const unsaved = new Map(JSON.parse(sessionStorage.getItem(KEPT) || "[]"));

let policies = [];
let lintTurn = 0;
let lintTimer = 0;
let isLite = true;
let names = () => ({});

export function initPolicy(fixed, namesOf) {
  isLite = fixed.lite;
  names = namesOf;
  byId("sentences").value = SENTENCES;
  byId("policy-pick").addEventListener("change", chosen);
  byId("policy-text").addEventListener("input", typed);
  byId("publish").addEventListener("click", () => void publish());
  byId("judge-sentences").addEventListener("click", () => void judge());
}

/** Read the server's policies again, and show the chosen one. */
export async function loadPolicies(keep = "") {
  const answer = await askOrSay("policies");
  if (!answer) return;
  policies = answer.policies;
  const wanted = keep || byId("policy-pick").value || policies[policies.length - 1]?.name || NEW;
  fillSelect(byId("policy-pick"), [...policies.map((each) => [each.name, each.name]), [NEW, "New policy…"]], wanted);
  await chosen();
}

async function chosen() {
  const name = byId("policy-pick").value;
  const policy = policies.find((each) => each.name === name);
  byId("policy-name-pick").hidden = Boolean(policy);
  byId("policy-text").value = unsaved.get(name) ?? (policy ? policy.text : SKELETON);
  byId("publish-answer").replaceChildren();
  showVersion();
  await lint();
}

function showVersion() {
  const name = byId("policy-pick").value;
  const policy = policies.find((each) => each.name === name);
  const stored = !policy ? "" : policy.version ? `v${policy.version} in force` : "a draft";
  const notes = [stored, policy?.version && policy.draft && "with a draft", unsaved.has(name) && "changed here"];
  byId("policy-version").textContent = notes.filter(Boolean).join(", ");
}

function typed() {
  const name = byId("policy-pick").value;
  const policy = policies.find((each) => each.name === name);
  const text = byId("policy-text").value;
  if (policy && policy.text === text) unsaved.delete(name);
  else unsaved.set(name, text);
  keep();
  showVersion();
  clearTimeout(lintTimer);
  lintTimer = setTimeout(lint, 250);
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify([...unsaved]));
}

async function lint() {
  const turn = ++lintTurn;
  const text = byId("policy-text").value;
  const said = await ask("lint", { text }).catch(() => null);
  if (!said || turn !== lintTurn) return;
  const errors = said.findings.filter((each) => each.blocking).length;
  const advice = said.findings.length - errors;
  const counts = [
    errors && `${errors} ${errors === 1 ? "error" : "errors"}`,
    advice && `${advice} ${advice === 1 ? "piece" : "pieces"} of advice`,
  ].filter(Boolean);
  byId("lint-summary").textContent = [errors ? "Cannot be judged yet" : `${said.rules} ${said.rules === 1 ? "rule" : "rules"}`,
    ...(counts.length ? counts : ["nothing to improve"])].join(" · ");
  byId("lint-summary").dataset.errors = String(errors > 0);
  byId("findings").replaceChildren(...said.findings.map(findingNode));
  if (isLite && !errors) void judge();
}

function findingNode(finding) {
  return el("li", { class: finding.blocking ? "error" : "advice" },
    el("button", { type: "button", class: "line", onclick: () => goTo(finding.line) }, `Line ${finding.line}`),
    el("span", {}, el("strong", {}, ...inline(finding.message)), " ", ...inline(finding.hint)));
}

function goTo(line) {
  const area = byId("policy-text");
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] || "").length);
  area.scrollTop = (area.scrollHeight / Math.max(lines.length, 1)) * Math.max(line - 4, 0);
}

async function judge() {
  const sentences = byId("sentences").value.split("\n").map((each) => each.trim()).filter(Boolean).slice(0, 20);
  const list = byId("sentence-answers");
  if (!sentences.length) { list.replaceChildren(); return; }
  if (!isLite) list.replaceChildren(el("li", {}, "The model is thinking…"));
  const said = await ask("sentences", { text: byId("policy-text").value, sentences }).catch((error) => ({ error: error.message }));
  if (said.error) { list.replaceChildren(el("li", { class: "undecided" }, said.error)); return; }
  list.replaceChildren(...said.answers.map((answer, index) => el("li", { class: answer.outcome },
    el("span", { class: "chip" }, [OUTCOMES[answer.outcome], ...(answer.rules || []).map((rule) => rule.id)].join(" ")),
    el("span", {}, sentences[index]))));
}

async function publish() {
  const pick = byId("policy-pick").value;
  const name = pick === NEW ? byId("policy-name").value.trim() : pick;
  const answer = byId("publish-answer");
  if (!name) { answer.replaceChildren(el("p", {}, "Give the policy a name.")); byId("policy-name").focus(); return; }
  byId("publish").disabled = true;
  const said = await askOrSay("publish", { name, text: byId("policy-text").value });
  byId("publish").disabled = false;
  if (!said) return;
  if (said.published) {
    unsaved.delete(pick);
    keep();
    await loadPolicies(name);
  }
  answer.replaceChildren(
    el("p", {}, el("strong", {}, said.published ? `“${name}” is in force.` : `“${name}” was not published.`)),
    el("details", said.published ? {} : { open: true }, el("summary", {}, "What the bot answered"),
      ...said.answers.map((text) => el("div", { class: "box words" }, ...blocks(text, names())))));
}
