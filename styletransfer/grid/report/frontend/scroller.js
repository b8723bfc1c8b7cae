/** What is wider than the page and scrolls by itself, by keyboard too. */

import { make } from "./elements.js";

/**
 * @param {string} label
 * @param {HTMLElement} table
 */
export function scroller(label, table) {
  return make("div", { class: "wide", tabindex: 0, role: "group", "aria-label": label }, table);
}
