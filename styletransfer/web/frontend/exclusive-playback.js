/**
 * One sound at a time. Who begins to play says so in an event "st-playing" on the document, whose detail is the one that
 * plays, and all others pause. Gradio's own players know of nobody: their buttons are watched, and pressed.
 */

const GRADIOS = { play: 'button[aria-label="Play"]', pause: 'button[aria-label="Pause"]' };

export function announce(player) {
  document.dispatchEvent(new CustomEvent("st-playing", { detail: player }));
}

document.addEventListener("st-playing", ({ detail }) => {
  for (const button of document.querySelectorAll(GRADIOS.pause)) button.click();
  for (const player of document.querySelectorAll("st-player")) if (player !== detail) player.pause?.();
});

// Before Gradio hears of it: what is paused by then is not the one that was pressed.
document.addEventListener("click", ({ target }) => target.closest?.(GRADIOS.play) && announce(null), true);
