/**
 * The dock: its own Play of what the deck has, wherever that has been scrolled to, the title of the window while a
 * transfer runs, a notice when it is done, and where the keyboard's focus goes when a button is taken away.
 */

import { isAnyRunning, isRunning, onRun } from "./run-state.js";

const PLAYER = "#deck st-player";
const PROGRESS = "#progress";
const BUTTONS = "#buttons button";
const NOTICE = "st-notice";
const NAME = document.title; // of the page

/** @param {Pick<import("./types.js").Component, "element">} component */
export function mount({ element }) {
  const button = element.querySelector("button");
  if (!button) throw new Error("The dock has no button.");
  button.addEventListener("click", () => deckPlayer()?.toggle());
  document.addEventListener("st-transport", () => {
    const transport = deckPlayer()?.transport ?? null;
    button.disabled = transport === null;
    button.setAttribute("aria-pressed", String(transport?.playing ?? false));
    button.setAttribute("aria-label", transport?.playing ? "Pause" : "Play the deck");
  });
  const progress = document.querySelector(PROGRESS);
  if (!progress) throw new Error("The page has no progress to follow.");
  followRun(progress, "transfer");
  keepFocus();
}

const deckPlayer = () => /** @type {import("./player.js").Player | null} */ (document.querySelector(PLAYER));

/**
 * Tells in the window's title how far a run is, and that it is done until somebody looks.
 * @param {Element} progress
 * @param {import("./run-state.js").Kind} kind
 */
export function followRun(progress, kind) {
  const told = () => {
    if (isRunning(kind)) document.title = titleOf(progress.querySelector("progress"), NAME);
  };
  new MutationObserver(told).observe(progress, { attributes: true, childList: true, subtree: true });
  onRun(kind, (begun) => {
    const ended = progress.querySelector("[role=status]")?.textContent?.split(". ")[0] ?? "";
    document.title = begun || !document.hidden ? NAME : `${ended} · ${NAME}`;
    if (!begun && document.hidden && wantsNotice()) new Notification(NAME, { body: ended });
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !isAnyRunning()) document.title = NAME;
  });
}

/**
 * @param {HTMLProgressElement | null} bar
 * @param {string} name of the page
 */
export function titleOf(bar, name) {
  return bar && bar.position >= 0 ? `${Math.floor(100 * bar.position)} % · ${name}` : `… · ${name}`;
}

/** Whether the visitor wants to be told when a transfer is done, and the browser allows it. */
export function wantsNotice() {
  return typeof Notification !== "undefined" && Notification.permission === "granted" && localStorage[NOTICE] === "yes";
}

/**
 * Asks the browser, where somebody wants to be told. Returns whether it will be done.
 * @param {boolean} wanted
 */
export async function setNotice(wanted) {
  if (wanted && typeof Notification !== "undefined") await Notification.requestPermission();
  localStorage[NOTICE] = wanted ? "yes" : "no";
  return wantsNotice();
}

/** A button that is disabled loses the focus: it goes to the next one that is not. */
function keepFocus() {
  /** @type {Element | null} */
  let last = null;
  document.addEventListener("focusin", ({ target }) => {
    last = target instanceof Element && target.matches(BUTTONS) ? target : null;
  });
  new MutationObserver(() => {
    if (!(last instanceof HTMLButtonElement) || !last.disabled) return;
    if (document.activeElement !== document.body && document.activeElement !== last) return;
    const next = [...document.querySelectorAll(BUTTONS)].find(
      (button) => button instanceof HTMLButtonElement && !button.disabled && button.checkVisibility(),
    );
    /** @type {HTMLElement | undefined} */ (next)?.focus({ preventScroll: true });
  }).observe(document.querySelector("#dock") ?? document.body, { attributeFilter: ["disabled"], subtree: true });
}
