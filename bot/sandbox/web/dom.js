/** Makes nodes. Words of members only ever become text nodes: nothing here reads markup. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] `class`, `on…` listeners, `data` and `aria` objects, else attributes
 * @param {...(Node | string | null | undefined | false)} children
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = String(value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "aria") for (const [key, each] of Object.entries(value)) node.setAttribute(`aria-${key}`, String(each));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** @param {string} id */
export function byId(id) {
  return document.getElementById(id);
}

/** Put these options into a select, and choose one. The list is left alone where it is the same already. */
export function fillSelect(select, options, chosen) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  }
  if (select.value !== chosen) select.value = chosen;
}

let toastTimer = 0;

/** Say something for some seconds. */
export function say(text) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 6000);
}
