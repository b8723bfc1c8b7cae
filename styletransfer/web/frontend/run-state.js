/**
 * What of the visitor's is at work or in the queue: a transfer, from the press of a button until Transfer can be pressed
 * again, and several results, from the press of theirs until Python tells what came of them. "st-run" and "st-several"
 * on the document tell whenever that changes.
 */

/** @typedef {"transfer" | "several"} Kind */

/** @type {Record<Kind, { sign: string, event: "st-run" | "st-several" }>} the sign is there while one is */
const KINDS = {
  transfer: { sign: "#buttons #transfer:disabled", event: "st-run" },
  several: { sign: "#several-progress [data-at-work]", event: "st-several" },
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

/** Looks at what Python enables, disables and tells. */
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
    const { sign, event } = KINDS[kind];
    const runs = document.querySelector(sign) !== null;
    if (runs === running[kind]) continue;
    running[kind] = runs;
    document.dispatchEvent(new CustomEvent(event, { detail: runs }));
  }
}
