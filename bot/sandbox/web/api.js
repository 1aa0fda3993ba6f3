/** Asks the server. Every request says which tab it comes from, so an older one is refused. */

import { say } from "./dom.js";

let tab = 0;
let onTaken = () => {};

export class Refused extends Error {}

async function post(name, fields) {
  const response = await fetch(`api/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
    cache: "no-store",
  });
  const answer = await response.json().catch(() => ({ error: "The sandbox did not answer." }));
  if (!response.ok) throw new Refused(answer.error || "The sandbox did not answer.");
  return answer;
}

/** @param {string} name @param {Record<string, unknown>} [fields] */
export async function ask(name, fields = {}) {
  return post(name, { ...fields, tab });
}

/** Ask, and say why where it is refused; null then. */
export async function askOrSay(name, fields = {}) {
  try {
    return await ask(name, fields);
  } catch (error) {
    say(error instanceof Refused ? error.message : "The sandbox does not answer. Is it still running?");
    return null;
  }
}

let movesNeeded = 0;

/** Go or look somewhere else. What the server said before that is old from now on. */
export async function move(name, fields = {}) {
  movesNeeded = Number.MAX_SAFE_INTEGER;
  const said = await askOrSay(name, fields);
  movesNeeded = said ? said.moves : 0;
  return said;
}

/** Was this state made before the last move? */
export function isOld(state) {
  return state.ready && state.at.moves < movesNeeded;
}

/** Open this tab, which takes over from any other. */
export async function hello() {
  const fixed = await post("hello", {});
  tab = fixed.tab;
  return fixed;
}

/** Hear of every change until another tab takes over. */
export function listen({ changed, taken, lost, back }) {
  onTaken = taken;
  const source = new EventSource(`api/events?tab=${tab}`);
  source.addEventListener("state", (event) => { back(); changed(JSON.parse(event.data)); });
  source.addEventListener("taken", () => { source.close(); onTaken(); });
  source.addEventListener("error", () => lost());
}
