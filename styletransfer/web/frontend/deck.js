/**
 * The deck: the player at the result. Its lanes are what was made last, or the example that is shown, the original, the
 * style and both played together, and after them the newest other results of the visit.
 *
 * `#latest` tells what was made last, `st-visit` that the browser keeps other results than before.
 */

import { lastOf, sourcesOf } from "./deck-sources.js";
import { completeAll, isFresh, results } from "./visit-store.js";

/** @typedef {import("./types.js").Entry} Entry */

const REST_MS = 150;

/** @param {import("./types.js").Component} component */
export function mount({ element, trigger }) {
  const told = document.querySelector("#latest");
  if (!told) throw new Error("The page does not tell what was made last.");
  const player = document.createElement("st-player");
  element.append(player);
  const opening = told.innerHTML;
  let isComplete = false; // a series is shown once all of it is there
  let given = { keys: "", place: 0, moved: false };
  const draw = async () => {
    const kept = await results();
    // What was made in another visit goes before the example; what is made under Several takes nobody's place.
    const before = kept.filter(({ key }) => !isFresh(key));
    const isOpening = told.innerHTML === opening && before.length > 0;
    const { kind, made, place } = isOpening ? openingWith(lastOf(before)) : latestOf(told);
    if (!made.length || (isOpening && !isComplete)) return;
    const keys = made.map(({ key }) => key).join();
    // Whoever has moved the slider is not moved again, also where the page tells only now where it stood before.
    if (keys !== given.keys || !given.moved) given = { keys, place, moved: false };
    // The server mixes only what it made for this page.
    player.dataset.blends = kind === "result" ? "kept" : "heard";
    const sources = JSON.stringify(sourcesOf(made, given.place, kept));
    player.setAttribute("data-sources", sources);
  };
  new MutationObserver(draw).observe(told, { attributes: true, childList: true, subtree: true });
  document.addEventListener("st-visit", draw);
  draw();
  completeAll().finally(() => {
    isComplete = true;
    draw();
  });
  element.addEventListener("st-source", () => {
    given.moved = true;
  });
  for (const [event, name] of /** @type {const} */ ([
    ["st-source", "choose"],
    ["st-blend", "blend"],
  ])) {
    let later = 0;
    element.addEventListener(event, ({ detail }) => {
      clearTimeout(later);
      later = window.setTimeout(() => trigger(name, { detail }), REST_MS);
    });
  }
}

/**
 * @typedef {object} Latest
 * @property {string} kind an example, a result, or a result that the browser kept
 * @property {Entry[]} made
 * @property {number} place of the slider between several results
 */

/**
 * @param {Entry[]} made
 * @returns {Latest}
 */
const openingWith = (made) => ({ kind: "kept", made, place: made.length - 1 });

/**
 * What was made last.
 * @param {Element} told
 * @returns {Latest}
 */
function latestOf(told) {
  const latest = /** @type {HTMLElement | null} */ (told.querySelector("[data-entries]"));
  const { kind = "", entries = "[]", place } = latest?.dataset ?? {};
  return { kind, made: JSON.parse(entries), place: Number(place ?? 0) };
}
