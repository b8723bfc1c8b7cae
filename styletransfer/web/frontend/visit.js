/** What goes on while a visitor is here: results are kept, and the page has notices to give. */

import * as notices from "./notices.js";
import * as visitStore from "./visit-store.js";

/** @param {import("./types.js").Component} component of the notices */
export function mount({ element }) {
  notices.mount(element);
  visitStore.start();
}
