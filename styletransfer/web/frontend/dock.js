/** The dock's own Play: what is heard of the result, wherever its player has been scrolled to. */

const PLAYER = "#strength-player st-player";
const [PLAY, PAUSE] = ['#result button[aria-label="Play"]', '#result button[aria-label="Pause"]'];

/** @param {Pick<import("./types.js").Component, "element">} component */
export function mount({ element }) {
  const button = element.querySelector("button");
  if (!button) throw new Error("The dock has no button.");
  button.addEventListener("click", press);
  const look = () => {
    const playing = document.querySelector(PAUSE) !== null;
    button.setAttribute("aria-pressed", String(playing));
    button.disabled = !playing && !document.querySelector(`${PLAY}, ${PLAYER}`);
  };
  new MutationObserver(look).observe(document.body, {
    attributeFilter: ["aria-label"],
    childList: true,
    subtree: true,
  });
  look();
}

/** Plays the result, or pauses it. */
function press() {
  const player = /** @type {import("./player.js").Player | null} */ (document.querySelector(PLAYER));
  if (player) player.toggle();
  else /** @type {HTMLElement | null} */ (document.querySelector(`${PLAY}, ${PAUSE}`))?.click();
}
