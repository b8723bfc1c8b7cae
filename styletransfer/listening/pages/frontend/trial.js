/** One trial as it is seen: its question, its sounds, the answer, and what is still missing. */

import { few, formOf, named } from "./answers.js";
import { button, make } from "./elements.js";
import { Player } from "./sounds.js";

/** @typedef {import("./listen-types.js").Listened} Listened */
/** @typedef {import("./listen-types.js").Trial} Trial */

export const BESIDE = "beside";
const KEYS_OFF = "keys-off";
const REFERENCES = { content: "Content", style: "Style", "": "" };
const WITH_KEYS_OF_THEIR_OWN = "textarea, input:not([type=radio], [type=range]), select";

/**
 * All slots whose sounds a trial plays.
 * @param {Trial} trial
 */
export function slotsOf({ slots, beside }) {
  return beside && !slots.includes("x") ? [...slots, BESIDE] : slots;
}

/**
 * What a slot is called, and what is said of it.
 * @param {Trial} trial
 * @param {string} slot
 */
export function nameOf({ slots, beside }, slot) {
  if (slot === BESIDE) return { name: REFERENCES[beside], about: "" };
  if (slot === "x" && beside) return { name: "X", about: `the ${beside}` };
  return { name: slots.length > 1 || beside ? slot.toUpperCase() : "Sound", about: "" };
}

export class TrialView {
  /** @type {Player | null} */
  player = null;
  #begun = performance.now();
  #frame = 0;
  #ended = new AbortController();
  #said = "The sounds are coming …";

  /**
   * @param {Trial} trial
   * @param {string} note above the question
   * @param {(value: object, listened: Listened) => void} submit
   * @param {import("./outbox.js").Kept} kept remembers whether keys are wanted
   */
  constructor(trial, note, submit, kept) {
    this.kept = kept;
    this.trial = trial;
    this.submit = submit;
    this.slots = slotsOf(trial);
    this.names = this.slots.map((slot) => nameOf(trial, slot).name);
    this.buttons = this.slots.map((slot, i) => this.#button(slot, i));
    const bySlot = new Map(this.slots.map((slot, i) => [slot, this.buttons[i]]));
    this.form = formOf(trial, bySlot, () => this.#draw());
    this.play = button("", () => this.#act((player) => player.toggle()));
    this.play.className = "play";
    this.missing = make("p", { class: "missing", id: "missing" });
    this.send = make("button", { class: "primary", "aria-describedby": "missing" }, "Submit");
    this.announced = make("p", { class: "unseen", role: "status" });
    this.bar = make("i");
    this.element = this.#lay(note);
    document.addEventListener("keydown", (event) => this.#key(event), { signal: this.#ended.signal });
    document.addEventListener("keyup", releaseSpace, { signal: this.#ended.signal });
    this.#draw();
  }

  /** @param {string} note */
  #lay(note) {
    const inRows = this.trial.kind === "several";
    const loose = this.buttons.filter((_, i) => !inRows || this.slots[i] === BESIDE);
    const sounds = make("div", { class: "sounds", role: "group", "aria-label": "Sounds" }, ...loose);
    const line = make("div", { class: "line", "aria-hidden": "true" }, this.bar);
    const form = make("form", {}, this.form.element);
    form.append(make("div", { class: "actions" }, this.play, this.missing, this.send));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    const heading = make("h1", { tabindex: "-1" }, this.trial.question.text);
    const section = make("section", { class: `step trial ${this.trial.kind}` });
    if (note) section.append(make("p", { class: "note" }, note));
    section.append(heading, ...(loose.length ? [sounds] : []), line, form, this.#keys(), this.announced);
    return section;
  }

  /** What keys do, and a box that turns them off: whoever speaks to the browser types what was not meant. */
  #keys() {
    const letters = this.slots.length > 1 ? `${named(this.slots.map((slot) => this.#letter(slot)))} switch · ` : "";
    const told = `Keys: ${letters}${this.form.press ? "1 to 5 rate · " : ""}space plays and pauses · Enter submits`;
    const box = make("input", { type: "checkbox" });
    box.checked = !this.kept.get(KEYS_OFF);
    box.addEventListener("change", () => this.kept.set(KEYS_OFF, !box.checked));
    return make("label", { class: "keys" }, box, make("span", {}, told));
  }

  /** @param {string} slot */
  #letter(slot) {
    return (slot === BESIDE ? this.trial.beside[0] : slot).toUpperCase();
  }

  /**
   * @param {string} slot
   * @param {number} index
   */
  #button(slot, index) {
    const { name, about } = nameOf(this.trial, slot);
    const made = button("", () => this.#act((player) => player.choose(index)));
    made.className = "sound";
    if (slot === BESIDE) made.dataset.role = this.trial.beside;
    made.append(make("b", {}, name), make("small", {}, about), make("small", { class: "state" }));
    return made;
  }

  /** @param {AudioBuffer[]} buffers in the order of the slots */
  ready(buffers) {
    if (this.#ended.signal.aborted) return;
    this.player = new Player(buffers, this.trial.restarts, (why) => this.say(why));
    this.say("");
  }

  /**
   * Says something in place of what is missing, until the listener goes on.
   * @param {string} text
   */
  say(text) {
    this.#said = text;
    this.announced.textContent = text;
    this.#draw();
  }

  end() {
    this.#ended.abort();
    cancelAnimationFrame(this.#frame);
    this.player?.end();
  }

  /** @param {(player: Player) => void} act */
  #act(act) {
    if (!this.player) return;
    this.#said = "";
    act(this.player);
    this.#draw();
  }

  #submit() {
    const value = this.form.value();
    this.announced.textContent = this.missing.textContent;
    if (this.send.disabled || !value || !this.player) return;
    this.player.account();
    const { heard, switches } = this.player;
    this.end();
    this.submit(value, {
      heard: Object.fromEntries(this.slots.map((slot, i) => [slot, Math.round(heard[i] * 1000) / 1000])),
      switches,
      seconds: Math.round(performance.now() - this.#begun) / 1000,
    });
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    const { player } = this;
    player?.account();
    const playing = player?.playing ?? false;
    this.buttons.forEach((each, i) => {
      each.setAttribute("aria-pressed", `${i === (player?.active ?? 0)}`);
      each.disabled = !player;
      const heard = player?.isHeard(i) ? "heard" : "not heard";
      const state = each.querySelector(".state");
      if (state && state.textContent !== heard) state.textContent = heard;
      each.classList.toggle("heard", player?.isHeard(i) ?? false);
    });
    this.play.disabled = !player;
    this.play.classList.toggle("playing", playing);
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.bar.style.transform = `scaleX(${player?.share ?? 0})`;
    this.#drawMissing();
    if (playing) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #drawMissing() {
    const unheard = this.names.filter((_, i) => !this.player?.isHeard(i));
    const what = this.names.length === 1 ? "the sound" : few(unheard, "sounds");
    const missing = [unheard.length ? `listen to ${what}` : "", this.form.missing()].filter(Boolean);
    const text = this.#said || (missing.length ? `Still to do: ${missing.join("; ")}.` : "");
    if (this.missing.textContent !== text) this.missing.textContent = text;
    this.send.disabled = !this.player || missing.length > 0;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key, repeat, defaultPrevented, ctrlKey, metaKey, altKey } = event;
    if (defaultPrevented || ctrlKey || metaKey || altKey || !(target instanceof Element)) return;
    if (target.matches(WITH_KEYS_OF_THEIR_OWN) || this.kept.get(KEYS_OFF)) return;
    if (!repeat && this.#acted(key, target)) event.preventDefault();
  }

  /**
   * Whether the key is one of the trial's.
   * @param {string} key
   * @param {Element} target
   */
  #acted(key, target) {
    if (key === "Enter") {
      if (target.matches("button")) return false; // which is pressed by it
      this.#submit();
      return true;
    }
    if (key === " ") {
      // What space presses by itself it presses; the sound that is chosen already plays or pauses.
      const presses = target.matches("button:not(.sound[aria-pressed=true]), input[type=radio]:not(:checked)");
      if (!presses) this.#act((player) => player.toggle());
      return !presses;
    }
    const digit = /^[1-9]$/.test(key) ? Number(key) : 0;
    if (digit && this.form.press) return this.form.press(digit);
    const index = digit ? digit - 1 : this.slots.findIndex((slot) => this.#letter(slot) === key.toUpperCase());
    if (index < 0 || index >= this.slots.length) return false;
    this.#act((player) => player.choose(index));
    return true;
  }
}

/**
 * Some browsers press a button when space is let go, though its going down was used already.
 * @param {KeyboardEvent} event
 */
function releaseSpace(event) {
  const { target, key } = event;
  if (key === " " && target instanceof Element && target.matches(".sound[aria-pressed=true]")) event.preventDefault();
}
