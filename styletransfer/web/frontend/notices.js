/**
 * What the page has to say of itself, in the dock: each notice has a name, under which it is replaced or taken back, and
 * may have something to press.
 */

import { button, make } from "./elements.js";

/** @typedef {{ label: string, act: () => void }} Action */

/** @type {Map<string, HTMLElement>} */
const notices = new Map();
const box = make("div", { class: "st-notices", role: "status" });

/** @param {HTMLElement} element where they are shown */
export function mount(element) {
  element.append(box);
}

/**
 * @param {string} name
 * @param {string} text
 * @param {{ action?: Action, stays?: boolean }} [options] one that stays is not put away by hand
 */
export function tell(name, text, { action, stays = false } = {}) {
  takeBack(name);
  const notice = make("p", {}, make("span", {}, text));
  if (action) {
    const { label, act } = action;
    notice.append(button(label, () => (takeBack(name), act())));
  }
  if (!stays) notice.append(button("Dismiss", () => takeBack(name)));
  notices.set(name, notice);
  box.append(notice);
}

/** @param {string} name */
export function takeBack(name) {
  notices.get(name)?.remove();
  notices.delete(name);
}
