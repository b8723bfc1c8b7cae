/**
 * One sound at a time. Who begins to play says so in an event "st-playing" on the document, whose detail is the one that
 * plays, and all others pause. Gradio's own players know of nobody: their buttons are watched, and pressed; and what
 * plays would be heard by the microphone.
 */

const GRADIOS = { play: 'button[aria-label="Play"], .record-button', pause: 'button[aria-label="Pause"]' };

/**
 * Tells all others that somebody begins to play; null is one of Gradio's players.
 * @param {object | null} player
 */
export function announce(player) {
  document.dispatchEvent(new CustomEvent("st-playing", { detail: player }));
}

/** Has Gradio's players and those of the page pause for others. */
export function start() {
  document.addEventListener("st-playing", ({ detail }) => {
    for (const button of document.querySelectorAll(GRADIOS.pause)) /** @type {HTMLElement} */ (button).click();
    for (const player of document.querySelectorAll("st-player")) {
      if (player !== detail) /** @type {import("./player.js").Player} */ (player).pause?.();
    }
  });
  // Before Gradio hears of it: what is paused by then is not the one that was pressed.
  const heard = (/** @type {Event} */ { target }) => {
    if (target instanceof Element && target.closest(GRADIOS.play)) announce(null);
  };
  document.addEventListener("click", heard, true);
}
