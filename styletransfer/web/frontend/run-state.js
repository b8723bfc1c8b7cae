/**
 * What of the visitor's is at work or in the queue: a transfer, from the press of a button until Transfer can be pressed
 * again, and several results, as long as they can be stopped. "st-run" and "st-several" on the document tell whenever
 * that changes.
 */

/** @typedef {"transfer" | "several"} Kind */

/** @type {Record<Kind, { button: string, runsWhile: "disabled" | "enabled", event: "st-run" | "st-several" }>} */
const KINDS = {
  transfer: { button: "#buttons #transfer", runsWhile: "disabled", event: "st-run" },
  several: { button: "#several-buttons #several-stop", runsWhile: "enabled", event: "st-several" },
};

const running = { transfer: false, several: false };

/** @param {Kind} kind */
export const isRunning = (kind = "transfer") => running[kind];

/** Whether either is. */
export const isAnyRunning = () => running.transfer || running.several;

/**
 * Calls back whenever one begins or ends.
 * @param {Kind} kind
 * @param {(begun: boolean) => void} heard
 */
export function onRun(kind, heard) {
  document.addEventListener(KINDS[kind].event, ({ detail }) => heard(detail));
}

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
  for (const kind of /** @type {Kind[]} */ (Object.keys(KINDS))) {
    const { button, runsWhile, event } = KINDS[kind];
    const found = document.querySelector(button);
    if (!(found instanceof HTMLButtonElement)) continue;
    const runs = found.disabled === (runsWhile === "disabled");
    if (runs === running[kind]) continue;
    running[kind] = runs;
    document.dispatchEvent(new CustomEvent(event, { detail: runs }));
  }
}
