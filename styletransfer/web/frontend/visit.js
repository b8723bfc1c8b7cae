/** What goes on while a visitor is here: results are kept, and the page has notices to give. */

import * as interrupted from "./interrupted.js";
import * as lostServer from "./lost-server.js";
import * as notices from "./notices.js";
import * as pageKeeper from "./page-keeper.js";
import * as visitStore from "./visit-store.js";

/** @param {import("./types.js").Component} component of the notices */
export function mount(component) {
  notices.mount(component);
  visitStore.start();
  pageKeeper.start();
  interrupted.start();
  lostServer.start();
}
