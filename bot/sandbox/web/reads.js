/** What the model reads of a message: every word of the prompt, coloured by whose it is, and what came of it. */

import { ask } from "./api.js";
import { el, fillSelect } from "./dom.js";
import { openSheet } from "./sheet.js";

const WHOSE = {
  frame: "Bylaw’s own words",
  policy: "The community’s policy",
  context: "Messages before it, only to help reading",
  content: "The message that is judged",
};
/** Classes of their own: `frame` and `policy` are other parts of the page. */
const CLASSES = { frame: "own", policy: "rules", context: "context", content: "content" };
const OUTCOMES = { violation: "Breaks a rule", clear: "Clear", undecided: "Could not judge" };

/** @param {{id: string, author: string}} message @param {HTMLElement} from */
export async function showReads(message, from) {
  const title = `What the model reads of ${message.author}’s message`;
  openSheet(title, [el("p", { role: "status" }, "Asking the judge…")], from);
  let read;
  try {
    read = await ask("reads", { room: message.room, message: message.id });
  } catch (error) {
    openSheet(title, [el("p", { role: "alert" }, error.message)], from);
    return;
  }
  if (!read.policies.length) {
    openSheet(title, [el("p", {}, "No policy is in force, so nothing is read.")], from);
    return;
  }
  const pick = el("select", { id: "reads-policy" });
  fillSelect(pick, read.policies.map((each, index) => [String(index), `${each.name} v${each.version}`]), startAt(read));
  const body = el("div", { class: "reads" });
  const show = () => {
    body.replaceChildren(...onePolicy(read.policies[Number(pick.value)], read));
    const whole = body.querySelector(".prompt");
    whole.scrollTop = whole.scrollHeight; // the message is at its end
  };
  pick.addEventListener("change", show);
  openSheet(title, [el("label", { class: "pick", for: "reads-policy" }, "Under the policy ", pick), body], from);
  show();
  pick.focus();
}

function startAt(read) {
  const broken = read.policies.findIndex((each) => each.judgement.outcome === "violation");
  return String(Math.max(broken, 0));
}

function onePolicy(policy, read) {
  return [verdict(policy, read), legend(policy, read.exact), prompt(policy)];
}

function verdict(policy, read) {
  const said = policy.judgement;
  const seconds = read.seconds < 0.1 ? `${Math.max(1, Math.round(read.seconds * 1000))} ms` : `${read.seconds.toFixed(1)} s`;
  return el("section", { class: `verdict ${said.outcome}`, aria: { label: "Verdict" } },
    el("p", { class: "outcome" }, OUTCOMES[said.outcome],
      ...(said.rules || []).map((rule) => el("span", { class: "chip" }, [rule.id, rule.title].filter(Boolean).join(" ")))),
    said.why && el("p", {}, said.why),
    el("dl", { class: "facts" },
      ...(said.score === undefined ? [] : fact("Score", said.score.toFixed(2))),
      ...(said.how ? fact("How", said.how) : []),
      ...fact("Time", `${seconds} for all policies`),
      ...(said.replyTokens ? fact("Written", `${said.replyTokens.toLocaleString("en")} tokens`) : []),
      ...(read.case ? fact("Case", `#${read.case}`) : [])),
    said.reasoning && el("details", {}, el("summary", {}, "The model’s reasoning"), el("p", { class: "pre" }, said.reasoning)));
}

function fact(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

function legend(policy, exact) {
  const about = exact ? "" : "about ";
  const counts = {};
  for (const segment of policy.segments) counts[segment.kind] = (counts[segment.kind] || 0) + segment.tokens;
  return el("section", { aria: { label: "Tokens" } },
    el("p", {}, `${about}${policy.tokens.toLocaleString("en")} tokens, `.replace(/^a/, "A"),
      `${about}${policy.fixed.toLocaleString("en")} of them the same for every message.`),
    !exact && el("p", { class: "quiet" }, "Counts are estimated from the length: the model’s vocabulary is not on this machine."),
    el("ul", { class: "legend" }, ...Object.entries(WHOSE).map(([kind, words]) => el("li", {},
      el("span", { class: `swatch ${CLASSES[kind]}`, aria: { hidden: "true" } }), `${words}: ${about}${(counts[kind] || 0).toLocaleString("en")}`))));
}

function prompt(policy) {
  return el("section", { class: "prompt", tabindex: "0", aria: { label: "The whole prompt" } },
    ...policy.segments.map((segment) => el("span", { class: `segment ${CLASSES[segment.kind]}` },
      ...segment.runs.map((run) => run.control ? el("span", { class: "control" }, run.text) : run.text))));
}
