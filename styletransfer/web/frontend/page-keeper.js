/**
 * Has what a visitor has put into the page survive a reload, a tab that was dropped, and another server: controls,
 * recordings, and what is shown of the last result.
 *
 * Python names the functions here in the events of its components, with their values in the order of `Known.names`.
 * Gradio leaves a component as it is whose value comes back undefined.
 */

import { config } from "./config.js";
import { read } from "./database.js";
import { lastOf } from "./deck-sources.js";
import { fetchFile } from "./fetched.js";
import { takeBack, tell } from "./notices.js";
import { isRunning, onRun } from "./run-state.js";
import { aboutOf } from "./visit-entries.js";
import { completeAll, keep, results } from "./visit-store.js";
import { keepOwn, readOwn } from "./window-store.js";

/**
 * @typedef {object} Known
 * @property {string[]} names of the components that are kept: controls, then recorders
 * @property {string[]} recorders
 * @property {string[]} samples paths of files that every server has
 * @property {string[]} shown names of the components that show a result
 */

/**
 * @typedef {object} File what Gradio has of an upload
 * @property {string} path
 * @property {string} url
 * @property {string} [orig_name]
 */

/**
 * @typedef {object} Recording
 * @property {File | null} file null where the recorder is empty
 * @property {Blob | null} blob null as long as it is not here
 * @property {string} serverId that has the file
 * @property {number} at when it got it
 */

/**
 * @typedef {object} Settings
 * @property {string} version that they are of
 * @property {string} query of the page's address when they were set
 * @property {Record<string, unknown>} values
 */

/**
 * @typedef {object} Shown
 * @property {string[]} keys of the results
 * @property {number} place of the one that is shown
 * @property {Record<string, string>[]} at what is shown of each, by the names of the components
 */

const [SETTINGS, SHOWN] = ["settings", "shown"];
const [DECK, LATEST] = ["#deck", "#latest"];
const STAYS_MS = 12 * 3600_000; // a file on the server, at least

let setRestored = () => {};
/**
 * When the recordings are back.
 * @type {Promise<void>}
 */
export const restored = new Promise((done) => (setRestored = done));
let isRestored = false;
/** @type {number | null} */
let heardPlace = null; // of the slider between several results, once it was moved
/** @type {unknown[] | null} */
let latestValues = null;
/** @type {Promise<unknown>} */
let work = Promise.resolve();
/** @type {Record<string, string>} */
const keptPaths = {}; // of recordings, by recorder

/**
 * Keeps what the visitor has set. While something is being kept only the latest waits.
 * @param {unknown[]} values
 */
export function keepPage(...values) {
  if (!isRestored) return;
  const isWaiting = latestValues !== null;
  latestValues = values;
  if (!isWaiting) work = work.then(keepLatest);
}

async function keepLatest() {
  const { names, recorders } = known();
  const given = Object.fromEntries(names.map((name, i) => [name, latestValues?.[i]]));
  latestValues = null;
  const values = Object.fromEntries(Object.entries(given).filter(([name]) => !recorders.includes(name)));
  await keepOwn(SETTINGS, { version: config().sharing.version, query: location.search, values });
  for (const name of recorders) await keepRecording(name, /** @type {File | null} */ (given[name]));
}

/** The page's address was changed to one that asks for the settings that it has. */
export function keepAddress() {
  work = work.then(async () => {
    const kept = /** @type {Settings | undefined} */ (await readOwn(SETTINGS));
    if (kept) await keepOwn(SETTINGS, { ...kept, query: location.search });
  });
}

/**
 * @param {string} name of the recorder
 * @param {File | null} file
 */
export async function keepRecording(name, file) {
  if (keptPaths[name] === (file?.path ?? "")) return;
  keptPaths[name] = file?.path ?? "";
  await keepOwn(name, recordingOf(file, null));
  const blob = file && (await fetchFile(file.url).catch(() => null));
  if (blob && !(await keepOwn(name, recordingOf(file, blob), { bytes: blob.size }))) {
    tell("full", `This browser could not keep ${file.orig_name ?? "a recording"}: it is here until the page is left.`);
  }
  document.dispatchEvent(new Event("st-visit"));
}

/**
 * What the controls are to have when the page opens: what was kept, unless its address asks for other settings, and but
 * for those that were changed since. A preset sets them all.
 */
export async function restoreSettings() {
  const { names, recorders } = known();
  const kept = /** @type {Settings | undefined} */ (await readOwn(SETTINGS));
  if (!kept || kept.version !== config().sharing.version || (isAsked() && !isHere(kept.query))) return [];
  if (isChanged("#preset")) return [];
  return names
    .filter((name) => !recorders.includes(name))
    .map((name) => (isChanged(`#setting-${name}, #${name.replace("_", "-")}`) ? undefined : kept.values[name]));
}

/**
 * Whether a visitor has changed a part of the page since it opened (before-gradio.js).
 * @param {string} selector
 */
const isChanged = (selector) => document.querySelector(`:is(${selector})[data-changed]`) !== null;

/** Whether the page's address has settings. */
function isAsked() {
  const query = new URLSearchParams(location.search);
  return [...config().sharing.names, "style_weights", "preset"].some((name) => query.has(name));
}

/**
 * Whether the page was open already with such a query, and comes back.
 * @param {string} query
 */
function isHere(query) {
  const [navigation] = performance.getEntriesByType("navigation");
  const isNew = navigation instanceof PerformanceNavigationTiming && navigation.type === "navigate";
  return query === location.search && (!isNew || ("wasDiscarded" in document && document.wasDiscarded === true));
}

/**
 * What the recorders are to have when the page opens, and how many styles that is where it is more than one. What the
 * server has no more is uploaded again.
 */
export async function restoreRecordings() {
  /** @type {(File | null | undefined)[]} */
  const brought = [];
  for (const name of known().recorders) {
    const kept = await restoreRecording(name);
    const file = isChanged(`#${name}-recorder`) ? undefined : kept;
    brought.push(file);
    if (file !== undefined) keptPaths[name] = file?.path ?? "";
  }
  takeBack("upload");
  isRestored = true;
  setRestored();
  const count = brought.slice(1).findLastIndex((file) => file) + 1; // after the content
  return [...brought, count > 1 ? count : undefined];
}

/**
 * @param {string} name
 * @returns {Promise<File | null | undefined>} undefined where there is nothing to bring back
 */
export async function restoreRecording(name) {
  const kept = /** @type {Recording | undefined} */ (await readOwn(name));
  if (!kept) return undefined;
  const { file, blob, serverId, at } = kept;
  if (!file) return null;
  const isThere = serverId === config().serverId && Date.now() - at < STAYS_MS;
  if (isThere || known().samples.includes(file.path)) {
    if (!blob) work = work.then(() => keepRecording(name, file)); // there was no time for it
    return file;
  }
  if (!blob) return undefined;
  tell("upload", `Bringing ${file.orig_name ?? "your recording"} back …`, { stays: true });
  const uploaded = await upload(blob, file);
  if (!uploaded) {
    tell("lost", `${file.orig_name ?? "A recording"} could not be brought back.`);
    return undefined;
  }
  await keepOwn(name, recordingOf(uploaded, blob), { bytes: blob.size });
  return uploaded;
}

/**
 * @param {File | null} file
 * @param {Blob | null} blob
 * @returns {Recording}
 */
const recordingOf = (file, blob) => ({ file, blob, serverId: config().serverId, at: Date.now() });

/**
 * Gives the server a file by Gradio's own way.
 * @param {Blob} blob
 * @param {File} file as it was known before
 * @returns {Promise<File | null>}
 */
async function upload(blob, file) {
  const form = new FormData();
  form.append("files", blob, file.orig_name ?? "recording.wav");
  const answer = await fetch("gradio_api/upload", { method: "POST", body: form }).catch(() => null);
  if (!answer?.ok) return null;
  const [path] = await answer.json();
  return { ...file, path, url: new URL(`gradio_api/file=${path}`, document.baseURI).href };
}

/**
 * Keeps what is shown of the last result.
 * @param {string} latest
 * @param {string[]} values
 */
export async function keepShown(latest, ...values) {
  const { kind, keys, place } = toldIn(latest);
  if (kind !== "result" || keys.length !== 1) return;
  await keep("page", SHOWN, { keys, place, at: [byName(values)] });
}

/**
 * Keeps what there is to show of several results.
 * @param {string} latest
 * @param {string} text JSON of what is shown of each, by the names of the components
 */
export async function keepSeries(latest, text) {
  const { kind, keys, place } = toldIn(latest);
  const details = JSON.parse(text || "[]");
  if (kind === "result" && keys.length === details.length) {
    await keep("page", SHOWN, { keys, place: heardPlace ?? place, at: details });
  }
}

/** What is shown when the page opens: the last result, where there is one, unless somebody was faster. */
export async function restoreShown() {
  const latest = document.querySelector(LATEST);
  const opening = latest?.innerHTML;
  await completeAll();
  const made = await lastShown();
  if (!made || isRunning() || latest?.innerHTML !== opening) return [];
  const { entries, shown } = made;
  const place = heardPlace ?? shown.place; // the slider may have been moved already
  const told = document.createElement("span");
  Object.assign(told.dataset, { kind: "kept", place: String(place), entries: JSON.stringify(entries) });
  told.hidden = true;
  const said = document.createElement("b");
  said.textContent = aboutOf(entries[0]);
  const message = `<p class="st-message"><span role="status">Your last result: ${said.outerHTML}.</span></p>`;
  return [told.outerHTML, message, ...atPlace(made, place)];
}

/**
 * What is shown of another one of several results that were kept. Of those just made Python shows it.
 * @param {string} latest
 */
export async function showPlace(latest) {
  const made = toldIn(latest).kind === "kept" ? await lastShown() : null;
  return made && heardPlace !== null ? atPlace(made, heardPlace) : [];
}

/**
 * A result that was kept as content, from its beginning. Those just made are files of the server's already.
 * @param {string} latest
 */
export async function useKept(latest) {
  const made = toldIn(latest).kind === "kept" ? await lastShown() : null;
  if (!made) return [];
  const { url, file_name: name } = made.entries[made.shown.place];
  const blob = await fetchFile(url);
  const file = { path: "", url: "", orig_name: name, size: blob.size, meta: { _type: "gradio.FileData" } };
  const uploaded = await upload(blob, file);
  return uploaded ? [uploaded, 0] : [];
}

/** The newest result, or all of its series, and what is shown of it: nothing, where there was no time to keep that. */
async function lastShown() {
  const kept = await results();
  if (!kept.length) return null;
  const entries = lastOf(kept);
  const keys = entries.map(({ key }) => key);
  const shown = /** @type {Shown | undefined} */ (await read("page", SHOWN));
  if (shown?.keys.join() === keys.join()) return { entries, shown };
  return { entries, shown: { keys, place: keys.length - 1, at: [] } };
}

/**
 * The download of a result, the button that uses it as content, and what is shown of it.
 * @param {{ entries: import("./types.js").Entry[], shown: Shown }} made
 * @param {number} place
 */
function atPlace({ entries, shown }, place) {
  const { url, strength, file_name: name } = entries[place];
  const file = { path: name, url, orig_name: name, meta: { _type: "gradio.FileData" } };
  const label = `Download ${entries.length > 1 ? `strength ${strength}` : "WAV"}`;
  const download = { __type__: "update", value: file, label, interactive: true };
  return [
    download,
    { __type__: "update", interactive: true },
    ...known().shown.map((name) => shown.at[place]?.[name] ?? ""),
  ];
}

/** @param {string} html of what was made last */
function toldIn(html) {
  const {
    kind,
    place,
    entries = "[]",
  } = new DOMParser().parseFromString(html, "text/html").querySelector("span")?.dataset ?? {};
  const keys = /** @type {import("./types.js").Entry[]} */ (JSON.parse(entries)).map(({ key }) => key);
  return { kind, place: Number(place ?? 0), keys };
}

/** @param {string[]} values */
const byName = (values) => Object.fromEntries(known().shown.map((name, i) => [name, values[i]]));

const known = () => config().keeping;

/** Follows the slider between several results. */
export function start() {
  onRun("transfer", (begun) => {
    if (begun) heardPlace = null; // it was that of the results before
  });
  document.addEventListener("st-source", async ({ target, detail }) => {
    if (!(target instanceof Element) || !target.closest(DECK)) return;
    heardPlace = detail;
    const shown = /** @type {Shown | undefined} */ (await read("page", SHOWN));
    if (shown && detail < shown.keys.length) await keep("page", SHOWN, { ...shown, place: detail });
  });
}
