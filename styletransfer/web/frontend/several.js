/**
 * The results of several recordings, as they are made: each can be heard and downloaded as soon as it is here, from
 * where the browser keeps it with all others of the visit.
 */

import { followRun } from "./dock.js";
import { make } from "./elements.js";
import { announce } from "./exclusive-playback.js";
import { results, takeAll } from "./visit-store.js";
import { keepOwn, readOwn } from "./window-store.js";

/** @typedef {import("./types.js").Entry} Entry */

/**
 * @typedef {object} Made
 * @property {string} title
 * @property {"waiting" | "now" | "done" | "failed" | "left"} state
 * @property {string} said why there is none, or what there is to know
 * @property {Entry | null} entry with the server's addresses
 *
 * @typedef {object} Row
 * @property {HTMLLIElement} item
 * @property {HTMLButtonElement} play
 * @property {HTMLElement} name
 * @property {HTMLElement} said
 * @property {HTMLAnchorElement} download
 */

const EMPTY = "The results are listed here as they are made. Each can be heard at once, and is in Compare, too.";
const WORDS = { waiting: "waiting", now: "is being made", done: "", failed: "", left: "" };
const LEFT_OUT = "left-out";
const GONE = "It was deleted in Compare.";

/** @param {import("./types.js").Component & import("./types.js").Uploading} component */
export function mount({ element, watch, props }) {
  const empty = make("p", { class: "st-empty" }, EMPTY);
  const list = make("ol", { class: "st-made" });
  element.append(empty, list);
  const sound = new Audio();
  /** @type {Row[]} */
  const rows = [];
  /** @type {Made[]} */
  let all = [];
  /** @type {Set<string>} */
  const seen = new Set(); // keys of results that were here
  let playing = ""; // its key

  async function draw() {
    const kept = new Map((await results()).map((entry) => [entry.key, entry]));
    for (const key of kept.keys()) seen.add(key);
    empty.hidden = all.length > 0;
    while (rows.length > all.length) rows.pop()?.item.remove();
    while (rows.length < all.length) rows.push(add(rows.length));
    all.forEach((made, i) => fill(rows[i], made, kept));
  }

  /** @param {number} i */
  function add(i) {
    const row = rowOf();
    row.play.addEventListener("click", () => toggle(i));
    list.append(row.item);
    return row;
  }

  /** @param {number} i */
  function toggle(i) {
    const key = all[i].entry?.key ?? "";
    if (playing === key && !sound.paused) {
      sound.pause();
      return;
    }
    if (playing !== key) sound.src = rows[i].download.href;
    playing = key;
    sound.play().catch(() => {});
  }

  function showPlaying() {
    all.forEach(({ entry }, i) => {
      rows[i]?.play.setAttribute("aria-pressed", String(!sound.paused && !sound.ended && playing === entry?.key));
    });
  }

  /**
   * @param {Row} row
   * @param {Made} made
   * @param {Map<string, Entry>} kept
   */
  function fill({ item, play, name, said, download }, { title, state, said: words, entry }, kept) {
    const here = entry ? kept.get(entry.key) : undefined;
    const isGone = entry !== null && here === undefined && seen.has(entry.key);
    item.dataset.state = isGone ? "left" : state;
    name.textContent = name.title = here?.name ?? title;
    said.textContent = isGone ? GONE : words || WORDS[state];
    play.disabled = !here;
    play.ariaLabel = `Play ${name.textContent}`;
    download.ariaLabel = `Download ${name.textContent}`;
    download.toggleAttribute("hidden", !here);
    if (!here) return;
    download.href = here.url;
    download.download = here.file_name;
  }

  for (const type of ["play", "pause", "ended"]) sound.addEventListener(type, showPlaying);
  sound.addEventListener("play", () => announce(sound));
  document.addEventListener("st-playing", ({ detail }) => {
    if (detail !== sound) sound.pause();
  });
  document.addEventListener("st-visit", draw);
  watch("value", () => {
    all = JSON.parse(String(props.value));
    if (!all.some(({ entry }) => entry && entry.key === playing)) sound.pause();
    takeAll(all.flatMap(({ entry }) => entry ?? []));
    draw();
  });
  const progress = document.querySelector("#several-progress");
  if (progress) followRun(progress, "several");
  draw();
}

/**
 * The values of an event at the boxes to tick, with the titles that these have just now in place of the second.
 * @param {string[]} chosen
 * @param {string} _offered
 * @param {...unknown} rest
 */
export function withOffered(chosen, _offered, ...rest) {
  const labels = [...document.querySelectorAll("#several-combinations label:has(input)")];
  return [chosen, JSON.stringify(labels.map((label) => label.textContent?.trim())), ...rest];
}

/**
 * Keeps which results are not wanted.
 * @param {string} titles JSON
 */
export async function keepLeftOut(titles) {
  await keepOwn(LEFT_OUT, titles);
}

/** Those that were not wanted when the page was left. */
export async function restoreLeftOut() {
  return (await readOwn(LEFT_OUT)) ?? "[]";
}

/** @returns {Row} */
function rowOf() {
  const row = {
    item: make("li"),
    play: make(
      "button",
      { type: "button", class: "st-take-play", "aria-pressed": "false", disabled: "" },
      make("span"),
    ),
    name: make("b"),
    said: make("span"),
    download: make("a", { hidden: "" }, "Download"),
  };
  row.item.append(row.play, make("p", {}, row.name, " ", row.said), row.download);
  return row;
}
