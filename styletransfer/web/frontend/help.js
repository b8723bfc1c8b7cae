/**
 * Keys of the whole page and the window that lists them, which "?" opens. The players' own are in player-keys.js. Who
 * dictates or presses keys by accident can turn those of one letter off.
 */

import { setNotice, wantsNotice } from "./dock.js";
import { make } from "./elements.js";
import { areOn, isTyping, setOn } from "./player-keys.js";

/** @type {[string, string][]} */
const KEYS = [
  ["T", "Transfer, or under Several make the results"],
  ["S", "Stop, with the best so far"],
  ["space", "Play and pause"],
  ["1 to 9", "The lanes of the player in sight: result, original, style …"],
  ["← →", "A second back and forth"],
  ["?", "This list"],
];
/** @type {Record<string, string>} */
const BUTTONS = { t: "#transfer, #several-make", s: "#stop, #several-stop" };
const OPENER = "#st-help";

/** Listens to the whole page. */
export function start() {
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest(OPENER)) open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !areOn()) return;
    const key = event.key.toLowerCase();
    if (key === "?") open();
    else if (key in BUTTONS) press(BUTTONS[key]);
    else return;
    event.preventDefault();
  });
}

/** @param {string} selector of buttons, of which one is on the tab that is open */
function press(selector) {
  const button = [...document.querySelectorAll(selector)].find((each) => each.checkVisibility());
  if (button instanceof HTMLButtonElement) button.click();
}

/** @type {HTMLDialogElement | null} */
let dialog = null;

function open() {
  dialog ??= build();
  if (!dialog.open) dialog.showModal();
}

function build() {
  const rows = KEYS.flatMap(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)]);
  const letters = choice("Keys of one letter or digit work anywhere on the page", areOn(), setOn);
  const notice = choice("Tell me when a transfer is done and the page is not in sight", wantsNotice(), setNotice);
  const made = make(
    "dialog",
    { class: "st-help", "aria-labelledby": "st-help-title" },
    make("h2", { id: "st-help-title" }, "Keys"),
    make("dl", {}, ...rows),
    letters,
    notice,
    make("form", { method: "dialog" }, make("button", {}, "Close")),
  );
  document.querySelector(".gradio-container")?.append(made);
  return made;
}

/**
 * A box to tick.
 * @param {string} text
 * @param {boolean} checked
 * @param {(wanted: boolean) => boolean | Promise<boolean>} changed returns what holds then
 */
function choice(text, checked, changed) {
  const box = make("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", async () => (box.checked = await changed(box.checked)));
  return make("label", {}, box, text);
}
