/** The Compare tab: the results of the visit in a list, and a player that switches between those chosen. */

import { config } from "./config.js";
import { onSecondPress } from "./confirm.js";
import { make } from "./elements.js";
import { MAX_NAME_CHARACTERS, MAX_SOURCES, comparedSources, differences, successor } from "./visit-entries.js";
import { remove, rename, results } from "./visit-store.js";

/** @typedef {import("./types.js").Entry} Entry */

/**
 * @typedef {object} Row
 * @property {HTMLLIElement} item
 * @property {HTMLInputElement} box
 * @property {HTMLInputElement} name
 * @property {HTMLParagraphElement} settings
 * @property {HTMLParagraphElement} figures
 * @property {HTMLAnchorElement} download
 * @property {HTMLButtonElement} away
 */

const EMPTY = "Nothing to compare yet: make a transfer or two under Transfer, and their results appear here.";
const TOO_FEW = "Choose two results to compare, or one beside its content or style.";
const LEFT_OUT = `The player holds ${MAX_SOURCES} recordings; of the contents and styles the first are in it.`;
const SAME = "the same settings as the others";

/** @param {import("./types.js").Component} component */
export function mount({ element, trigger }) {
  const parts = layOut();
  element.append(...Object.values(parts));
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {Entry[]} */
  let entries = [];
  /** @type {string[]} */
  let chosen = []; // keys, the latest last

  async function draw() {
    const known = new Set(entries.map(({ key }) => key));
    entries = await results();
    const keys = entries.map(({ key }) => key);
    const next = takeAway(keys);
    for (const key of keys) if (!rows.has(key)) rows.set(key, add(key));
    const came = keys.filter((key) => !known.has(key) && !chosen.includes(key));
    chosen = [...chosen.filter((key) => keys.includes(key)), ...came].slice(-config().maxChosen); // the newest are heard
    show(true);
    next?.focus();
  }

  /**
   * Takes all rows away but those of these keys. Where the one with the focus goes, what is to have that.
   * @param {string[]} keys
   * @returns {HTMLElement | null}
   */
  function takeAway(keys) {
    const before = [...rows.keys()];
    const focused = before.find((key) => rows.get(key)?.item.contains(document.activeElement));
    for (const key of before) {
      if (keys.includes(key)) continue;
      rows.get(key)?.item.remove();
      rows.delete(key);
    }
    if (focused === undefined || rows.has(focused)) return null;
    return rows.get(successor(before, focused, keys) ?? "")?.away ?? parts.empty;
  }

  /** @param {string} key */
  function add(key) {
    const row = rowOf(key);
    row.box.addEventListener("change", () => {
      chosen = row.box.checked ? [...chosen, key] : chosen.filter((other) => other !== key);
      show(false);
    });
    row.name.addEventListener("change", () => {
      if (row.name.value.trim()) rename(key, row.name.value);
      else row.name.value = row.name.defaultValue;
    });
    row.name.addEventListener("keydown", ({ key: pressed }) => {
      if (pressed === "Escape") row.name.value = row.name.defaultValue;
      if (pressed === "Enter" || pressed === "Escape") row.name.blur();
    });
    onSecondPress(row.away, () => {
      remove(key);
      trigger("delete", { key });
    });
    parts.list.append(row.item);
    return row;
  }

  /** @param {boolean} isPatient whether the player waits with it until nobody listens */
  function show(isPatient) {
    const told = differences(entries, config().fields);
    for (const entry of entries) fill(/** @type {Row} */ (rows.get(entry.key)), entry, told.get(entry.key) ?? []);
    for (const [key, { box }] of rows) {
      box.checked = chosen.includes(key);
      box.disabled = !box.checked && chosen.length >= config().maxChosen;
    }
    parts.empty.hidden = entries.length > 0;
    for (const part of [parts.hint, parts.list, parts.beside, parts.heard]) part.hidden = entries.length === 0;
    const beside = [...parts.beside.querySelectorAll("input")].filter((box) => box.checked).map(({ value }) => value);
    const heard = entries.filter(({ key }) => chosen.includes(key));
    play(parts.heard, comparedSources(heard, beside), isPatient);
    document.dispatchEvent(new CustomEvent("st-chosen", { detail: heard }));
  }

  parts.beside.addEventListener("change", () => show(false));
  document.addEventListener("st-visit", draw);
  draw();
}

/**
 * @param {HTMLElement} place
 * @param {import("./types.js").Source[]} sources
 * @param {boolean} isPatient
 */
function play(place, sources, isPatient) {
  if (sources.length < 2) {
    place.replaceChildren(make("p", {}, TOO_FEW));
    return;
  }
  const player = /** @type {HTMLElement} */ (place.querySelector("st-player") ?? document.createElement("st-player"));
  if (!player.isConnected) place.replaceChildren(player);
  player.dataset.patient = String(isPatient);
  player.dataset.sources = JSON.stringify(sources.slice(0, MAX_SOURCES));
  place.querySelector("p")?.remove();
  if (sources.length > MAX_SOURCES) place.append(make("p", {}, LEFT_OUT));
}

function layOut() {
  const empty = make("p", { class: "st-empty", tabindex: -1 }, EMPTY);
  const hint = make("p", { class: "st-hint" }, `Choose up to ${config().maxChosen} results.`);
  const list = make("ol", { class: "st-shelf" });
  const words = Object.entries({ content: "the content", style: "the style" });
  const boxes = words.map(([value, text]) =>
    make("label", {}, make("input", { type: "checkbox", value, checked: "" }), text),
  );
  const beside = make("fieldset", { class: "st-beside" }, make("legend", {}, "Beside the results"), ...boxes);
  return { empty, hint, list, beside, heard: make("div", { id: "player" }) };
}

/**
 * @param {string} key
 * @returns {Row}
 */
function rowOf(key) {
  const row = {
    item: make("li"),
    box: make("input", { type: "checkbox" }),
    name: make("input", { type: "text", maxlength: MAX_NAME_CHARACTERS, autocomplete: "off" }),
    settings: make("p"),
    figures: make("p", { class: "st-measured" }),
    download: make("a", {}, "Download"),
    away: make("button", { type: "button" }, "Delete"),
  };
  const text = make("div", { class: "st-entry" }, row.name, row.settings, row.figures);
  row.item.dataset.key = key;
  row.item.append(row.box, text, row.download, row.away);
  return row;
}

/**
 * @param {Row} row
 * @param {Entry} entry
 * @param {import("./visit-entries.js").Pair[]} differing
 */
function fill(row, { name, url, file_name: fileName, figures }, differing) {
  if (row.name.defaultValue !== name) {
    row.name.defaultValue = name;
    if (document.activeElement !== row.name) row.name.value = name;
  }
  row.box.ariaLabel = `Compare ${name}`;
  row.name.ariaLabel = `Name of ${name}`;
  row.download.ariaLabel = `Download ${name}`;
  if (!row.away.classList.contains("sure")) row.away.ariaLabel = `Delete ${name}`;
  row.download.href = url;
  row.download.download = fileName;
  row.settings.replaceChildren(...(differing.length ? pairs(differing) : [SAME]));
  row.figures.replaceChildren(...pairs(figures));
}

/** @param {import("./visit-entries.js").Pair[]} given */
function pairs(given) {
  return given.flatMap(([name, value], i) => [`${i ? " · " : ""}${name} `, make("b", {}, value)]);
}
