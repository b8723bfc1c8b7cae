/**
 * What the page has to say of itself, in every dock: each notice has a name, under which it is replaced or taken back,
 * and may have something to press.
 */

import { button, make } from "./elements.js";

/** @typedef {{ label: string, act: () => void }} Action */

/** @typedef {{ text: string, options: { action?: Action, stays?: boolean }, shown: HTMLElement[] }} Notice */

/** @type {Map<string, Notice>} */
const notices = new Map();
/** @type {HTMLElement[]} */
const boxes = [];

/** @param {Pick<import("./types.js").Component, "element">} component where they are shown, too */
export function mount({ element }) {
  const box = make("div", { class: "st-notices", role: "status" });
  boxes.push(box);
  element.append(box);
  for (const name of notices.keys()) show(name, box);
}

/**
 * @param {string} name
 * @param {string} text
 * @param {{ action?: Action, stays?: boolean }} [options] one that stays is not put away by hand
 */
export function tell(name, text, options = {}) {
  takeBack(name);
  notices.set(name, { text, options, shown: [] });
  for (const box of boxes) show(name, box);
}

/**
 * @param {string} name
 * @param {HTMLElement} box
 */
function show(name, box) {
  const notice = /** @type {Notice} */ (notices.get(name));
  const { action, stays = false } = notice.options;
  const line = make("p", {}, make("span", {}, notice.text));
  if (action) line.append(button(action.label, () => (takeBack(name), action.act())));
  if (!stays) line.append(button("Dismiss", () => takeBack(name)));
  notice.shown.push(line);
  box.append(line);
}

/** @param {string} name */
export function takeBack(name) {
  for (const line of notices.get(name)?.shown ?? []) line.remove();
  notices.delete(name);
}
