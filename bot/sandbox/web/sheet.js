/** A sheet over the page, for one answer at a time. Escape closes it, and the focus goes back to where it was. */

import { byId } from "./dom.js";

let opener = null;

export function openSheet(title, nodes, from) {
  const sheet = byId("sheet");
  opener = from || document.activeElement;
  byId("sheet-title").textContent = title;
  byId("sheet-body").replaceChildren(...nodes);
  if (!sheet.open) sheet.showModal();
  byId("sheet-body").scrollTop = 0;
}

export function initSheet() {
  const sheet = byId("sheet");
  byId("sheet-close").addEventListener("click", () => sheet.close());
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
  sheet.addEventListener("close", () => { if (opener?.isConnected) opener.focus(); });
}
