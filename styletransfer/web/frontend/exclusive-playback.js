/**
 * One sound at a time. Who begins to play says so in an event "st-playing" on the document, whose detail is the one that
 * plays, and all others pause; so they do for Gradio's microphone, which would hear them.
 */

const RECORD = ".record-button";

/**
 * Tells all others that somebody begins to play; null is the microphone.
 * @param {object | null} player
 */
export function announce(player) {
  document.dispatchEvent(new CustomEvent("st-playing", { detail: player }));
}

/** Has the page's players pause for others. */
export function start() {
  document.addEventListener("st-playing", ({ detail }) => {
    for (const player of document.querySelectorAll("st-player")) {
      if (player !== detail) /** @type {import("./player.js").Player} */ (player).pause?.();
    }
  });
  const heard = (/** @type {Event} */ { target }) => {
    if (target instanceof Element && target.closest(RECORD)) announce(null);
  };
  document.addEventListener("click", heard, true);
}
