/**
 * A run that a reload, or the end of the server, cut off: the page asks before it is left in one, and says so when it
 * comes back. A mark in this window's own storage outlasts the page.
 */

import { tell, takeBack } from "./notices.js";
import { restored } from "./page-keeper.js";
import { isAnyRunning, isRunning, onRun } from "./run-state.js";

const MARK = "st-run";
const SEVERAL = "st-several";
const SEVERAL_CUT_OFF = "What was being made under Several was interrupted. Results that were done are in Compare.";
const BUTTONS = "#transfer, #five, #again";
const LATEST = "#latest";

let asks = true;

/**
 * Whether who leaves the page in a run is asked: without a server there is no run.
 * @param {boolean} does
 */
export function askBeforeLeaving(does) {
  asks = does;
}

export function start() {
  const cutOff = sessionStorage.getItem(MARK);
  sessionStorage.removeItem(MARK);
  if (cutOff) restored.then(() => tellOf(cutOff));
  if (sessionStorage.getItem(SEVERAL)) tell(SEVERAL, SEVERAL_CUT_OFF);
  sessionStorage.removeItem(SEVERAL);
  let pressed = "transfer";
  document.addEventListener(
    "click",
    ({ target }) => {
      const button = target instanceof Element ? target.closest(BUTTONS) : null;
      if (button) pressed = button.id === "five" ? "five" : "transfer"; // another seed has become the seed
    },
    { capture: true },
  );
  onRun("several", (begun) => {
    takeBack(SEVERAL);
    if (begun) sessionStorage.setItem(SEVERAL, "yes");
    else sessionStorage.removeItem(SEVERAL);
  });
  onRun("transfer", (begun) => {
    takeBack(MARK);
    if (begun) sessionStorage.setItem(MARK, pressed);
    else sessionStorage.removeItem(MARK);
  });
  // What has been made is kept: nothing is to be done again.
  const told = document.querySelector(LATEST);
  if (!told) throw new Error("The page does not tell what was made last.");
  const changes = { attributes: true, childList: true, subtree: true };
  new MutationObserver(() => {
    if (isRunning() && told.querySelector('[data-kind="result"]')) sessionStorage.removeItem(MARK);
  }).observe(told, changes);
  document.addEventListener("st-leave", (event) => {
    if (isAnyRunning() && asks) event.preventDefault();
  });
}

/** @param {string} button */
function tellOf(button) {
  const act = () => /** @type {HTMLElement | null} */ (document.getElementById(button))?.click();
  tell(MARK, "Your last transfer was interrupted.", { action: { label: "Run it again", act } });
}
