/**
 * Asks the server now and then whether it is there. When it is away the page says so and keeps its buttons off; when it
 * is back the page goes on, or opens anew where another server has taken its place: that one knows nothing of it.
 */

import { config } from "./config.js";
import { hold } from "./held.js";
import { askBeforeLeaving } from "./interrupted.js";
import { takeBack, tell } from "./notices.js";
import { isAnyRunning } from "./run-state.js";
import { completeAll } from "./visit-store.js";

const ADDRESS = "alive";
const EVERY_MS = 5000;
const PATIENCE_MS = 4000;
const FAILURES = 2; // in a row
const SILENCE_MS = 20_000; // of a run that goes on
const RELOADED = "st-reloaded";
const BUTTONS = "#transfer, #five, #stop, #again, #several-make, #several-stop";
const PROGRESS = "#progress, #several-progress";
const AWAY = "The server is away. What you have made is kept in this browser, and the page goes on when it is back.";

let failures = 0;
let isAway = false;

export function start() {
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}

async function look() {
  if (document.hidden && !isAnyRunning()) return;
  const id = await ask();
  failures = id === null ? failures + 1 : 0;
  askBeforeLeaving(failures === 0); // Gradio opens the page anew by itself, too
  if (id === null) {
    if (failures === FAILURES) lose();
  } else if (id !== config().serverId) {
    openAnew();
  } else if (isAway) {
    goOn();
  }
}

/** @returns {Promise<string | null>} which server answers */
async function ask() {
  try {
    const answer = await fetch(ADDRESS, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? (await answer.json()).id : null;
  } catch {
    return null;
  }
}

function lose() {
  isAway = true;
  hold("away", BUTTONS);
  tell("away", AWAY, { stays: true });
}

/** The same server, which was out of reach. */
function goOn() {
  isAway = false;
  hold("away", "");
  takeBack("away");
  completeAll();
  if (!isAnyRunning()) return;
  // Whether the run goes on is only to be seen.
  const silence = setTimeout(openAnew, SILENCE_MS);
  const sign = new MutationObserver(() => {
    clearTimeout(silence);
    sign.disconnect();
  });
  for (const progress of document.querySelectorAll(PROGRESS)) {
    sign.observe(progress, { attributes: true, characterData: true, childList: true, subtree: true });
  }
}

/** Once: where servers take turns it would never end. */
function openAnew() {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < 2 * EVERY_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  askBeforeLeaving(false);
  location.reload();
}
