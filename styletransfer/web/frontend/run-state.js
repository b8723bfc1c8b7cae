/**
 * Whether a transfer of the visitor's is at work or in the queue: from the press of a button until Transfer can be
 * pressed again. "st-run" on the document tells whenever that changes.
 */

const BUTTONS = "#buttons";
const TRANSFER = "#transfer";

let running = false;

export const isRunning = () => running;

/** Looks at the buttons, which Python enables and disables. */
export function start() {
  new MutationObserver(look).observe(document.documentElement, {
    attributeFilter: ["disabled"],
    childList: true,
    subtree: true,
  });
  look();
}

function look() {
  const transfer = document.querySelector(`${BUTTONS} ${TRANSFER}`);
  if (!(transfer instanceof HTMLButtonElement) || transfer.disabled === running) return;
  running = transfer.disabled;
  document.dispatchEvent(new CustomEvent("st-run", { detail: running }));
}
