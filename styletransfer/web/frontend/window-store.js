/**
 * What each window of the page keeps for itself, so that of several none overwrites what another has. A new window begins
 * with what was kept last, in whichever it was.
 */

import { keysOf, read, write } from "./database.js";
import { keep } from "./visit-store.js";

const ID = "st-window";
const WINDOWS = "windows"; // their ids, the one that kept something last at the end
const MOST = 4; // that are remembered

/** @type {Promise<string> | null} */
let own = null;

/** @param {string} name */
export async function readOwn(name) {
  return read("page", keyOf(await ownId(), name));
}

/**
 * As `keep` in visit-store.js.
 * @param {string} name
 * @param {unknown} value
 * @param {{ bytes?: number }} [options]
 */
export async function keepOwn(name, value, options) {
  const id = await ownId();
  await comeLast(id);
  return keep("page", keyOf(id, name), value, options);
}

function ownId() {
  own ??= open();
  return own;
}

/**
 * @param {string} id of a window
 * @param {string} name
 */
const keyOf = (id, name) => `${id} ${name}`;

/** The id of this window, which outlasts a reload. */
async function open() {
  const known = sessionStorage.getItem(ID);
  if (known) return known;
  const id = `window-${Date.now()}-${Math.random()}`;
  const last = (await windows()).at(-1);
  sessionStorage.setItem(ID, id);
  if (!last) return id;
  const keys = (await keysOf("page")).filter((key) => key.startsWith(keyOf(last, "")));
  const values = await Promise.all(keys.map((key) => read("page", key)));
  const copies = keys.map((key, i) => ({
    store: /** @type {const} */ ("page"),
    key: key.replace(last, id),
    value: values[i],
  }));
  await write(...copies).catch(() => {}); // where there is no room it begins without
  await comeLast(id);
  return id;
}

/** @returns {Promise<string[]>} */
const windows = async () => (await read("page", WINDOWS)) ?? [];

/**
 * Notes that a window keeps something now. The one that has kept nothing for longest goes.
 * @param {string} id
 */
async function comeLast(id) {
  const before = await windows();
  if (before.at(-1) === id) return;
  const after = [...before.filter((each) => each !== id), id];
  const going = after.splice(0, Math.max(0, after.length - MOST));
  const keys = (await keysOf("page")).filter((key) => going.some((each) => key.startsWith(keyOf(each, ""))));
  const store = /** @type {const} */ ("page");
  await write({ store, key: WINDOWS, value: after }, ...keys.map((key) => ({ store, key }))).catch(() => {});
}
