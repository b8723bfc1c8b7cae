/**
 * The results of the visit, as the browser keeps them, with the sounds that they are heard beside. "st-visit" on the
 * document tells of every change.
 *
 * `#latest` tells what was made. A result is noted at once, so that a page that is loaded anew meanwhile can still ask
 * the server for its sounds, and listed when all of them are here. Sounds that are the same are kept once.
 */

import { config } from "./config.js";
import { clear, keysOf, read, readAll, write } from "./database.js";
import { fetchFile } from "./fetched.js";
import { tell } from "./notices.js";
import { cleanName, fileNameOf, nameFor, oldestToGo } from "./visit-entries.js";

/** @typedef {import("./types.js").Clip} Clip */
/** @typedef {import("./types.js").Entry} Entry */

/**
 * @typedef {object} Kept
 * @property {number} order
 * @property {number} bytes of its sounds
 * @property {boolean} isWhole whether all its sounds are here
 * @property {Entry} entry with the server's addresses
 * @property {string} serverId
 */

const LATEST = "#latest";
const LOST = "A result went with the server before it was here. Its settings are still here.";
const MOST_ATTEMPTS = 8;

/** @type {Map<string, string>} */
const urls = new Map(); // of sounds
/** @type {Map<string, Kept>} */
const passing = new Map(); // results that the browser had no room for
/** @type {Set<string>} */
const gone = new Set(); // keys that the visitor has deleted
/** @type {Set<string>} */
const fresh = new Set(); // keys of what was made since the page was opened
/** @type {Map<string, Promise<void>>} */
const underWay = new Map(); // results whose sounds are being fetched
/** @type {Promise<unknown>} */
let work = Promise.resolve();
/** @type {BroadcastChannel | null} */
let otherWindows = null;

/** Follows what is made. */
export async function start() {
  const told = document.querySelector(LATEST);
  if (!told) throw new Error("The page does not tell what was made last.");
  const look = () => {
    const { kind, entries = "[]" } =
      /** @type {HTMLElement | null} */ (told.querySelector("[data-kind]"))?.dataset ?? {};
    if (kind === "result") takeAll(JSON.parse(entries));
  };
  new MutationObserver(look).observe(told, { attributes: true, childList: true, subtree: true });
  otherWindows = new BroadcastChannel(`styletransfer ${new URL(".", document.baseURI).pathname}`);
  otherWindows.onmessage = () => document.dispatchEvent(new Event("st-visit"));
  look();
  await completeAll();
}

/** Fetches what there was no time for, or no server. */
export async function completeAll() {
  for (const kept of await records()) if (!kept.isWhole) await completeOnce(kept);
}

/** @param {Kept} kept */
function completeOnce(kept) {
  const { key } = kept.entry;
  const known = underWay.get(key) ?? complete(kept).finally(() => underWay.delete(key));
  underWay.set(key, known);
  return known;
}

/** @returns {Promise<Entry[]>} oldest first, with addresses in the browser */
export async function results() {
  const whole = (await records()).filter(({ isWhole }) => isWhole);
  return Promise.all(whole.map(async ({ entry }) => withUrls(entry)));
}

/**
 * Whether a result was made since the page was opened.
 * @param {string} key
 */
export const isFresh = (key) => fresh.has(key);

/**
 * @param {string} key
 * @param {string} text as somebody typed it; a blank one changes nothing
 */
export function rename(key, text) {
  const name = cleanName(text);
  return inTurn(async () => {
    const kept = await find(key);
    if (!kept || !name) return;
    kept.entry = { ...kept.entry, name, file_name: fileNameOf(name, kept.entry.file_name) };
    await replace(kept);
  });
}

/** @param {string} key */
export function remove(key) {
  gone.add(key);
  return inTurn(() => drop([key]));
}

/** All that the browser keeps of the visit: results, recordings and settings. */
export function forget() {
  return inTurn(async () => {
    for (const { entry } of await records()) gone.add(entry.key);
    for (const url of urls.values()) URL.revokeObjectURL(url);
    urls.clear();
    passing.clear();
    await clear();
    changed();
  });
}

/** How many bytes of sound the browser keeps. */
export async function size() {
  const recordings = (await readAll("page")).map((value) => value?.blob);
  const blobs = [...(await readAll("sounds")), ...recordings].filter((value) => value instanceof Blob);
  return blobs.reduce((sum, blob) => sum + blob.size, 0);
}

/** The bytes that this browser would keep for the page, 0 where it does not tell. */
export async function room() {
  const { quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return quota ?? 0;
}

/**
 * Keeps a value, for which the oldest results go where there is no room. Returns whether it could be kept.
 * @param {import("./database.js").Store} store
 * @param {string} key
 * @param {unknown} value
 * @param {{ bytes?: number, spared?: (kept: Kept) => boolean }} [options] its size, and which results stay
 */
export async function keep(store, key, value, { bytes = 0, spared = () => false } = {}) {
  for (let i = 0; i < MOST_ATTEMPTS; i++) {
    try {
      await write({ store, key, value });
      return true;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") return false;
      const going = oldestToGo((await noted()).filter((kept) => !spared(kept)).map(sized), bytes || 1);
      if (!going.length) return false;
      await drop(going.map(({ kept }) => kept.entry.key));
      const names = going.map(({ kept }) => kept.entry.name).join(", ");
      tell("full", `This browser has no more room: ${names} is no longer kept.`);
    }
  }
  return false;
}

/** @param {Kept} kept */
const sized = (kept) => ({ kept, order: kept.order, bytes: kept.bytes });

/**
 * Keeps results that were made, or what is new of those that are known.
 * @param {Entry[]} entries
 */
export async function takeAll(entries) {
  const begun = await inTurn(async () => {
    const taken = [];
    for (const entry of entries) taken.push(await take(entry));
    return taken;
  });
  for (const kept of begun) if (kept) await completeOnce(kept);
}

/**
 * Notes a result, and returns it, or what is new of one that is known.
 * @param {Entry} entry
 * @returns {Promise<Kept | null>}
 */
async function take(entry) {
  if (gone.has(entry.key)) return null;
  const known = await find(entry.key);
  if (known) {
    known.entry = { ...known.entry, figures: entry.figures };
    await replace(known);
    return null;
  }
  fresh.add(entry.key);
  const others = await records();
  const name = nameFor(
    entry.name,
    others.map(({ entry: other }) => other.name),
  );
  const order = Math.max(0, ...others.map((kept) => kept.order)) + 1;
  const kept = { order, bytes: 0, isWhole: false, serverId: config().serverId, entry: { ...entry, name } };
  passing.set(entry.key, kept); // until it is noted
  if (await keep("results", entry.key, kept)) passing.delete(entry.key);
  return kept;
}

/**
 * Fetches the sounds of a result. Where the server is away that is done when the page is loaded again; where it has
 * them no more, the result goes.
 * @param {Kept} kept
 */
async function complete(kept) {
  const { key, series } = kept.entry;
  const spared = (/** @type {Kept} */ { entry }) => entry.key === key || (series !== "" && entry.series === series);
  let isKept = true;
  let bytes = 0;
  try {
    if (kept.serverId !== config().serverId) throw new Error("404");
    for (const clip of clipsOf(kept.entry)) {
      const id = soundOf(clip);
      /** @type {Blob} */
      const blob = (await read("sounds", id)) ?? (await fetchFile(clip.url));
      bytes += blob.size;
      isKept = isKept && (await keep("sounds", id, blob, { bytes: blob.size, spared }));
      if (!isKept && !urls.has(id)) urls.set(id, URL.createObjectURL(blob));
    }
  } catch (error) {
    if (error instanceof Error && /^4\d\d$/.test(error.message)) {
      await inTurn(() => drop([key]));
      tell("gone", LOST);
    }
    return;
  }
  await inTurn(async () => {
    const now = await find(key);
    if (!now) return drop([key]); // deleted meanwhile
    Object.assign(now, { bytes, isWhole: true });
    if (!isKept) passing.set(key, now);
    await replace(now);
  });
  if (isKept) await navigator.storage?.persist?.();
  else tell("full", "This browser could not keep the last result: it is here until the page is left. Download it.");
}

/** @param {Entry} entry */
const clipsOf = (entry) => [{ ...entry, digest: entry.key }, entry.content, ...entry.styles, entry.mix];

/** @param {Clip} clip */
const soundOf = ({ digest, lufs }) => `${digest} ${lufs}`; // one recording may be there at two levels

/**
 * @param {Entry} entry
 * @returns {Promise<Entry>}
 */
async function withUrls(entry) {
  const [own, content, ...others] = await Promise.all(
    clipsOf(entry).map(async (clip) => ({ ...clip, url: await urlOf(soundOf(clip)) })),
  );
  const mix = /** @type {Clip} */ (others.pop());
  return { ...entry, url: own.url, content, styles: others, mix };
}

/** @param {string} id of a sound */
async function urlOf(id) {
  if (!urls.has(id)) {
    const blob = await read("sounds", id);
    if (blob && !urls.has(id)) urls.set(id, URL.createObjectURL(blob));
  }
  return urls.get(id) ?? "";
}

/** @returns {Promise<Kept[]>} oldest first */
async function records() {
  const kept = [...(await noted()).filter(({ entry }) => !passing.has(entry.key)), ...passing.values()];
  return kept.sort((a, b) => a.order - b.order);
}

/** @returns {Promise<Kept[]>} */
const noted = () => readAll("results");

/** @param {string} key */
async function find(key) {
  return passing.get(key) ?? /** @type {Kept | undefined} */ (await read("results", key));
}

/** @param {Kept} kept */
async function replace(kept) {
  const { key } = kept.entry;
  if (passing.has(key)) passing.set(key, kept);
  else await keep("results", key, kept);
  changed();
}

/** @param {string[]} keys of results that go, with the sounds that no other has */
async function drop(keys) {
  for (const key of keys) passing.delete(key);
  const staying = (await records()).filter(({ entry }) => !keys.includes(entry.key));
  const needed = new Set(staying.flatMap(({ entry }) => clipsOf(entry).map(soundOf)));
  const sounds = [...(await keysOf("sounds")), ...urls.keys()].filter((id) => !needed.has(id));
  await write(
    ...keys.map((key) => ({ store: /** @type {const} */ ("results"), key })),
    ...sounds.map((key) => ({ store: /** @type {const} */ ("sounds"), key })),
  );
  for (const id of sounds) {
    const url = urls.get(id);
    if (url) URL.revokeObjectURL(url);
    urls.delete(id);
  }
  changed();
}

function changed() {
  document.dispatchEvent(new Event("st-visit"));
  otherWindows?.postMessage(null);
}

/**
 * One change after the other.
 * @template T
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
function inTurn(task) {
  const next = work.then(task);
  work = next.catch(() => {});
  return next;
}
