/** Tells Python which of several strengths is the nearest to the player's slider: where it comes to rest counts. */

const REST_MS = 100;

/** @param {import("./types.js").Component} component */
export function mount({ element, trigger }) {
  let later = 0;
  element.addEventListener("st-source", ({ detail }) => {
    clearTimeout(later);
    later = window.setTimeout(() => trigger("choose", { source_index: detail }), REST_MS);
  });
}
