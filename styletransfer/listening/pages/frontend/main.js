/** The listener's page: one step after the other, from the consent to the thanks. */

import { config } from "./config.js";
import { button, make, part } from "./elements.js";
import { Kept, newKey, Outbox, post } from "./outbox.js";
import { Player, Sounds } from "./sounds.js";
import { slotsOf, TrialView } from "./trial.js";

/** @typedef {import("./listen-types.js").Begun} Begun */
/** @typedef {import("./listen-types.js").Entry} Entry */
/** @typedef {import("./listen-types.js").Score} Score */
/** @typedef {import("./listen-types.js").State} State */

const PRACTICE = "practice";
const DONE = 409;
const OVER = 410;

const steps = part(document.body, "#steps", HTMLElement);
const welcome = part(steps, "#begin", HTMLFormElement);
const [count, segments, banner, fault, saved] = ["count", "segments", "banner", "fault", "saved"].map((id) =>
  part(document.body, `#${id}`, HTMLElement),
);
const test = steps.dataset.test ?? "";
const kept = new Kept(() => localStorage, `st-listen:${test}:`);
const own = new Kept(() => localStorage, "st-listener:");
const listener = own.get("key") ?? newKey();
own.set("key", listener);
/** @type {State} */
const state = kept.get("state") ?? {};

const outbox = new Outbox(kept, (path, body) => post(`${test}/${path}`, body), {
  saved: tellSaved,
  refused: tellRefused,
  away: (is) => away("answers", is),
});
/** @type {Set<string>} */
const waiting = new Set(); // for the server: answers, sounds
/** @type {Sounds} */
let sounds;
/** @type {Begun} */
let begun;
/** @type {Set<number>} */
let answered = new Set(); // those that are only kept here, too
/** @type {Set<number>} */
const unsent = new Set();
let leave = () => {};

/** @param {State} changes */
function remember(changes) {
  kept.set("state", Object.assign(state, changes));
}

/**
 * Shows another step and moves the focus to its heading.
 * @param {HTMLElement} step
 * @param {() => void} [left] what is to be done when it is left
 */
function show(step, left = () => {}) {
  leave();
  leave = left;
  steps.replaceChildren(step);
  scrollTo(0, 0);
  part(step, "h1", HTMLElement).focus({ preventScroll: true });
}

/**
 * A step with a heading, more, and a row of buttons.
 * @param {string} heading
 * @param {(Node | string)[]} children
 */
function stepOf(heading, ...children) {
  return make("section", { class: "step" }, make("h1", { tabindex: "-1" }, heading), ...children);
}

// Begin, or go on where it was left.

async function begin() {
  const given = new FormData(welcome);
  const said = { output: `${given.get("output")}`, code: `${given.get("code") ?? ""}` };
  const complaint = part(welcome, "#begin-fault", HTMLElement);
  const start = part(welcome, "button", HTMLButtonElement);
  complaint.textContent = "";
  start.disabled = true;
  const { data, refused, status } = await post(`${test}/begin`, { listener, ...said });
  start.disabled = false;
  if (data) {
    remember(said);
    return goOn(data);
  }
  if (status === OVER || status === DONE) return show(stepOf("Thank you", make("p", {}, refused ?? "")));
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (welcome.querySelectorAll(".field, .choices"))) {
    part.hidden = false; // it may be the code that is wrong
  }
  complaint.textContent = refused ?? "The server does not answer. Try it again in a moment.";
}

/** @param {Begun} data */
function goOn(data) {
  begun = data;
  outbox.keepOnly(begun.session);
  const here = outbox.entries;
  for (const { body } of here) if (body.trial !== undefined) unsent.add(body.trial);
  answered = new Set([...begun.answered, ...unsent]);
  const address = (/** @type {string} */ trial, /** @type {string} */ slot) =>
    `${test}/sound/${begun.session}/${trial}/${slot}`;
  sounds = new Sounds(address, config().sampleRateHz, (is) => away("sounds", is));
  drawProgress();
  if (here.some(({ path }) => path === "finish")) showThanks();
  else if (state.practised || answered.size) nextTrial();
  else showLoudness();
}

/**
 * The sounds of a trial, by its index or as practice.
 * @param {string} index
 */
const load = (index) => sounds.load(index, slotsOf(begun.trials[index === PRACTICE ? 0 : Number(index)]));

function showLoudness() {
  /** @type {Player | null} */
  let player = null;
  const play = button("", () => {
    player?.toggle();
    said.textContent = "";
    draw();
  });
  play.className = "play";
  play.disabled = true;
  const said = make("p", { role: "status" }, "The sound is coming …");
  const draw = () => {
    play.classList.toggle("playing", player?.playing ?? false);
    play.setAttribute("aria-label", player?.playing ? "Pause" : "Play");
  };
  draw();
  const go = button("I hear it well", showPractice);
  go.className = "primary";
  const help = "No sound? Look at the switch at the side of the phone that mutes it, and at the volume.";
  show(
    stepOf(
      "How loud is it?",
      make("p", {}, "Press play, and set the volume so that you hear it well. Leave it so until the end."),
      make("p", { class: "small" }, help),
      said,
      make("div", { class: "actions" }, play, go),
    ),
    () => player?.end(),
  );
  load(PRACTICE).then(
    (buffers) => {
      player = new Player(buffers.slice(0, 1), false, (why) => (draw(), (said.textContent = why)));
      play.disabled = false;
      said.textContent = "";
    },
    (error) => (said.textContent = error.message),
  );
}

function showPractice() {
  const note = "A practice trial: it does not count. Listen to all of it, and answer as you like.";
  showTrial(PRACTICE, note, () => {
    remember({ practised: true });
    nextTrial();
  });
}

function nextTrial() {
  const index = begun.trials.findIndex((_, i) => !answered.has(i));
  if (index < 0) return showComment();
  const { question } = begun.trials[index];
  const isNew = index > 0 && begun.trials[index - 1].question.text !== question.text;
  showTrial(`${index}`, isNew ? "Another question now." : "", (value, listened) => {
    answered.add(index);
    unsent.add(index);
    const key = newKey();
    saved.textContent = "";
    outbox.add({ name: key, path: "answer", body: { key, session: begun.session, trial: index, value, ...listened } });
    nextTrial();
  });
}

/**
 * @param {string} index
 * @param {string} note
 * @param {ConstructorParameters<typeof TrialView>[2]} submit
 */
function showTrial(index, note, submit) {
  const number = index === PRACTICE ? 0 : Number(index);
  const view = new TrialView(begun.trials[number], note, submit, own);
  show(view.element, () => view.end());
  drawProgress(index);
  const next = index === PRACTICE ? 0 : begun.trials.findIndex((_, i) => i > number && !answered.has(i));
  sounds.keep([index, `${next}`]);
  load(index).then(
    (buffers) => {
      view.ready(buffers);
      if (next >= 0) load(`${next}`).catch(() => {}); // told when it is that one's turn
    },
    (error) => view.say(error.message),
  );
}

// Where it stands.

/** @param {string} [index] */
function drawProgress(index = "") {
  const { trials } = begun;
  const isTrial = index !== "" && index !== PRACTICE;
  count.hidden = index === "";
  count.textContent = isTrial ? `${Number(index) + 1} of ${trials.length}` : "Practice";
  segments.hidden = false;
  const made = trials.map((_, i) => {
    const what = unsent.has(i) ? "kept" : answered.has(i) ? "saved" : isTrial && i === Number(index) ? "now" : "";
    return make("i", { class: what });
  });
  segments.replaceChildren(...made);
  segments.classList.toggle("many", trials.length > 40);
}

/**
 * @param {Entry} entry
 * @param {Score} data
 */
function tellSaved({ path, body }, data) {
  if (path === "finish") return finished(data);
  if (body.trial === undefined || body.session !== begun?.session) return;
  unsent.delete(body.trial);
  segments.children[body.trial]?.setAttribute("class", "saved");
  saved.textContent = `✓ Answer ${body.trial + 1} is saved.`;
}

/**
 * @param {Entry} entry
 * @param {string} sentence
 * @param {number} [status]
 */
function tellRefused({ body }, sentence, status) {
  if (body.trial === undefined) {
    const heading = status === OVER ? "This test is over" : "Not finished yet";
    if (begun) show(stepOf(heading, make("p", {}, sentence)));
    else fault.textContent = sentence; // from the last visit
    return;
  }
  unsent.delete(body.trial);
  segments.children[body.trial]?.setAttribute("class", "");
  fault.textContent = `Answer ${body.trial + 1} was not taken: ${sentence}`;
}

/**
 * @param {string} what waits for the server
 * @param {boolean} is whether it does
 */
function away(what, is) {
  if (is) waiting.add(what);
  else waiting.delete(what);
  const text = "Your answers are kept here and sent when the connection is back; you can go on.";
  const wanted = waiting.size || !navigator.onLine ? text : "";
  if (banner.textContent !== wanted) banner.textContent = wanted;
}

// The end.

function showComment() {
  const field = make("textarea", { id: "comment", rows: 5, maxlength: steps.dataset.maxComment ?? "" });
  const send = make("button", { class: "primary" }, "Finish");
  field.value = state.comment ?? "";
  const form = make("form", {}, make("p", { class: "field" }, make("label", { for: "comment" }, "Comment"), field));
  form.append(make("div", { class: "actions" }, send));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember({ comment: field.value });
    outbox.add({ name: "finish", path: "finish", body: { session: begun.session, comment: field.value } });
    showThanks();
  });
  show(stepOf("Anything to add?", make("p", {}, "If you noticed something, write it here. You need not."), form));
  drawProgress();
  sounds.keep([]);
}

function showThanks() {
  const text = "Your last answers are being sent. Leave this page open until it says that they are saved.";
  const said = make("p", { id: "end", role: "status" }, state.done ? "" : text);
  show(stepOf("Thank you", said));
  if (state.done) tellEnd(state.done);
  else outbox.start();
}

/** @param {Score} score */
function finished(score) {
  remember({ done: score, comment: "" });
  saved.textContent = "";
  tellEnd(score);
}

/** @param {Score} score */
function tellEnd({ right, of, p }) {
  const end = document.getElementById("end");
  if (!end) return;
  end.textContent = "All your answers are saved. You can close this page.";
  if (right === undefined || p === undefined) return;
  const often = p < 0.01 ? "fewer than 1" : p > 0.99 ? "more than 99" : `${Math.round(100 * p)}`;
  const guessing = `Of 100 people who only guess, ${often} would be right so often or more.`;
  end.before(make("p", {}, `You were right in ${right} of ${of} trials. ${guessing}`));
}

function start() {
  if (state.done) return showThanks();
  const closes = document.querySelector("time");
  if (closes) {
    const moment = new Date(closes.dateTime);
    closes.textContent = moment.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
  }
  if (state.output) {
    part(steps, "h1", HTMLElement).textContent = "Welcome back";
    part(welcome, `[value="${state.output}"]`, HTMLInputElement).checked = true;
    const code = welcome.querySelector("input[name=code]");
    if (code instanceof HTMLInputElement) code.value = state.code ?? "";
    for (const field of /** @type {NodeListOf<HTMLElement>} */ (welcome.querySelectorAll(".field, .choices"))) {
      field.hidden = true;
    }
    part(welcome, "button", HTMLElement).textContent = "Go on";
  }
  if (!kept.lasts) {
    const text = "This browser lets the page keep nothing: if you reload it, the test begins anew.";
    welcome.before(make("p", { class: "note" }, text));
  }
  welcome.addEventListener("submit", (event) => (event.preventDefault(), void begin()));
  part(welcome, "button", HTMLButtonElement).disabled = false;
  outbox.start();
}

addEventListener("online", () => (away("network", false), outbox.hurry(), sounds?.hurry()));
addEventListener("offline", () => away("network", true));
addEventListener("beforeunload", (event) => {
  if (!kept.lasts && outbox.entries.length) event.preventDefault();
});
start();
