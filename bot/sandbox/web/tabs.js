/** Tab lists: arrow keys move, and what is chosen is shown. */

/** @param {HTMLElement} list @param {string} name of the data attribute @param {(chosen: string) => void} onChoose */
export function initTabs(list, name, onChoose) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const select = (tab, focus) => {
    onChoose(tab.dataset[name]);
    if (focus) tab.focus();
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => select(tab, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      select(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length], true);
    });
  }
  /** Show which one is chosen. */
  return (chosen) => {
    for (const tab of tabs) {
      const isChosen = tab.dataset[name] === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
    }
  };
}
