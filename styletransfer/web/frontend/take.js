/**
 * A take: what the page shows of the recording in a recorder, its name, waveform and the stretch of it that is used.
 *
 * Python tells what there is (takes.py) and Gradio's components hold it: recordings and starts that a visitor chooses
 * here are put into them by events without a function of Python's, whose answers are `placed` and `moved`.
 */

import { part } from "./elements.js";
import { hold } from "./held.js";
import { draw } from "./recordings.js";
import { StretchPlayer } from "./stretch-player.js";
import { afterKey, broughtBack, ends, fitted, inShort, inWords, latestStart } from "./stretch.js";

/**
 * @typedef {object} Told what Python tells of a recording; only `id` while there is none
 * @property {string} id of the recorder
 * @property {string} [name]
 * @property {string} [url]
 * @property {number} [seconds]
 * @property {boolean} [whole] whether all of it was looked at
 * @property {number[]} [peaks] 0 to 255
 * @property {string} [kind] fault or note
 * @property {string} [said]
 * @property {{ url: string, start: number, length: number } | null} [wav] of a stretch that the browser cannot play
 */

const RECORDER = ".st-recorder";
const WAITING = "#transfer, #five, #again, #swap"; // for recordings that are loading
const QUIETEST = 8; // peaks below are drawn low, so that a recording of noise does not look like a loud one

/** @type {Map<string, Take>} */
const takes = new Map();
/** What Gradio's components are about to get, by the id of the recorder. @type {Map<string, any>} */
const placing = new Map();
/** @type {Map<string, number>} */
const moving = new Map();
/** Ids of recorders that something is loaded into. @type {Set<string>} */
const loading = new Set();
/** The settings, by role. */
const settings = { content: { start: 0, width: 10 }, style: { start: 0, width: 15 } };

/** @param {import("./types.js").Component & import("./types.js").Uploading} component */
export function mount(component) {
  const take = new Take(component);
  takes.get(take.id)?.leave();
  takes.set(take.id, take);
}

/**
 * What a recorder is to hold: Gradio's description of a file, or null.
 * @param {string} value of the take, as Python told it
 */
export function placed(value) {
  return placing.get(JSON.parse(value).id) ?? null;
}

/**
 * Where the stretch is to begin.
 * @param {string} value
 */
export function moved(value) {
  return moving.get(JSON.parse(value).id) ?? 0;
}

/**
 * The settings have changed, or the page has opened.
 * @param {...(number | null)} values starts in content and style, lengths of content and style
 */
export function follow(...values) {
  const [contentStart, styleStart, contentWidth, styleWidth] = values.map((value) => value ?? 0);
  settings.content = { start: contentStart, width: contentWidth };
  settings.style = { start: styleStart, width: styleWidth };
  for (const take of takes.values()) take.show();
}

/**
 * Puts a file into the recorder that an element belongs to, whether it holds one or not. False where there is none.
 * @param {Element} element
 * @param {File} file
 */
export function place(element, file) {
  const take = [...takes.values()].find(({ recorder }) => recorder.contains(element));
  take?.place(file);
  return take !== undefined;
}

document.addEventListener("click", ({ target }) => {
  const chosen = target instanceof Element ? target.closest("#examples button, #use") : null;
  for (const take of chosen ? takes.values() : []) if (chosen?.id !== "use" || take.id === "content") take.giveUp();
});

class Take {
  /** @type {Told} */
  #told = { id: "" };
  /** Of the recording that is shown. @type {string | undefined} */
  #url;
  #turn = 0; // of what is loaded here: only the latest counts
  #isUploading = false;
  #start = 0;
  #hadFocus = false;
  #left = new AbortController();

  /** @param {import("./types.js").Component & import("./types.js").Uploading} component */
  constructor({ element, trigger, watch, props, upload }) {
    this.trigger = trigger;
    this.upload = upload;
    const recorder = element.closest(RECORDER);
    if (!(recorder instanceof HTMLElement)) throw new Error("A take stands in no recorder.");
    this.recorder = recorder;
    this.filled = part(element, ".st-take-filled", HTMLElement);
    this.name = part(element, ".st-take-name b", HTMLElement);
    this.span = part(element, ".st-take-name span", HTMLElement);
    this.wave = part(element, ".st-take-wave", HTMLElement);
    this.canvas = part(element, "canvas", HTMLCanvasElement);
    this.window = part(element, ".st-take-window", HTMLElement);
    this.head = part(element, ".st-take-head", HTMLElement);
    this.play = part(element, ".st-take-play", HTMLButtonElement);
    this.replace = part(element, ".st-take-replace", HTMLButtonElement);
    this.remove = part(element, ".st-take-remove", HTMLButtonElement);
    this.samples = part(element, "select", HTMLSelectElement);
    this.input = part(element, "input", HTMLInputElement);
    this.said = part(element, ".st-said", HTMLElement);
    const read = () => JSON.parse(String(props.value));
    this.#told = read();
    this.#url = this.#told.url;
    this.player = new StretchPlayer({
      recording: () => this.#told,
      place: () => this.#place,
      ask: () => trigger("decode"),
      show: (isPlaying, now) => this.#showHead(isPlaying, now),
      until: this.#left.signal,
    });
    this.#connect();
    watch("value", () => {
      if (this.#isUploading) this.#told = read();
      else this.#arrive(read());
    });
    this.#showAll();
  }

  get id() {
    return this.#told.id;
  }

  get #role() {
    return this.id === "content" ? "content" : "style";
  }

  /** Of the stretch: its start, its longest length, and the recording's. */
  get #place() {
    return /** @type {[number, number, number]} */ ([this.#start, settings[this.#role].width, this.#told.seconds ?? 0]);
  }

  /** Its place is taken by another one: Gradio has put the recorder into the page anew. */
  leave() {
    this.giveUp();
    this.player.pause();
    this.#left.abort();
    this.#observer.disconnect();
  }

  #observer = new ResizeObserver(() => this.#draw());

  #connect() {
    this.#observer.observe(this.canvas);
    this.recorder.addEventListener("focusin", () => (this.#hadFocus = true));
    const elsewhere = (/** @type {FocusEvent} */ { target }) => {
      if (target instanceof Node && !this.recorder.contains(target)) this.#hadFocus = false;
    };
    document.addEventListener("focusin", elsewhere, { signal: this.#left.signal });
    this.play.addEventListener("click", () => this.player.toggle());
    this.replace.addEventListener("click", () => {
      this.input.value = "";
      this.input.click();
    });
    this.input.addEventListener("change", () => this.input.files?.[0] && this.place(this.input.files[0]));
    this.remove.addEventListener("click", () => this.#remove());
    this.samples.addEventListener("change", () => {
      const name = this.samples.value;
      this.giveUp();
      if (name) this.trigger("sample", { name });
    });
    this.#connectWindow();
  }

  #connectWindow() {
    let grip = 0; // seconds from the start of the stretch to the pointer
    const at = (/** @type {PointerEvent} */ event) => {
      const { left, width } = this.wave.getBoundingClientRect();
      return ((event.clientX - left) / width) * (this.#told.seconds ?? 0);
    };
    this.wave.addEventListener("pointerdown", (event) => {
      const [, width, length] = this.#place;
      if (event.button || !latestStart(width, length)) return;
      const [from, to] = ends(...this.#place);
      const pointed = at(event);
      grip = pointed >= from && pointed <= to ? pointed - from : Math.min(width, length) / 2;
      this.wave.setPointerCapture(event.pointerId);
      this.window.focus({ preventScroll: true });
      this.#moveTo(pointed - grip);
      event.preventDefault();
    });
    this.wave.addEventListener("pointermove", (event) => {
      if (this.wave.hasPointerCapture(event.pointerId)) this.#moveTo(at(event) - grip);
    });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.wave.addEventListener(type, (event) => {
        if (this.wave.hasPointerCapture(event.pointerId)) this.#settle();
      });
    }
    this.window.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const start = afterKey(event.key, event.shiftKey, ...this.#place);
      if (start !== null) {
        this.#moveTo(start);
        this.#settle();
      } else if (event.key === " " || event.key === "Enter") {
        this.player.toggle();
      } else return;
      event.preventDefault();
    });
  }

  /** @param {number} start */
  #moveTo(start) {
    const [, width, length] = this.#place;
    this.#start = fitted(start, width, length);
    this.#showWindow();
  }

  /** Tells the setting where the stretch begins now, and goes on playing there. */
  #settle() {
    moving.set(this.id, this.#start);
    this.trigger("move");
    if (this.player.isPlaying) this.player.begin();
  }

  /**
   * Puts a file into the recorder, in place of one that is still loading.
   * @param {File} file
   */
  async place(file) {
    const turn = ++this.#turn;
    this.player.pause();
    this.#say("", "");
    this.#showLoading(true);
    this.#isUploading = true;
    this.name.textContent = file.name;
    this.span.textContent = "loading";
    this.filled.hidden = false;
    try {
      const { path, url } = await this.upload(file);
      if (turn !== this.#turn) return;
      this.#isUploading = false;
      const { name: orig_name, size, type: mime_type } = file;
      placing.set(this.id, { path, url, orig_name, size, mime_type, meta: { _type: "gradio.FileData" } });
      this.trigger("place");
      // The same file again is no change, of which Python would tell.
      if (this.#told.url && url.endsWith(this.#told.url.replace(/^gradio_api/, ""))) this.#arrive(this.#told);
    } catch {
      if (turn === this.#turn)
        this.#arrive({ ...this.#told, kind: "fault", said: `${file.name} could not be loaded.` });
    }
  }

  /** Something else is wanted than what is loading, if anything is. */
  giveUp() {
    if (!loading.has(this.id)) return;
    this.#turn++;
    this.#arrive(this.#told);
  }

  /** @param {boolean} is */
  #showLoading(is) {
    this.recorder.classList.toggle("st-loading", is);
    this.recorder.ariaBusy = is ? "true" : null;
    if (is) loading.add(this.id);
    else loading.delete(this.id);
    hold("loading", loading.size ? WAITING : "");
  }

  #remove() {
    this.player.pause();
    this.giveUp();
    if (this.id.includes("-")) {
      for (const take of takes.values()) if (take.id > this.id) take.giveUp(); // later styles move up
      this.trigger("remove");
      this.#keepFocusOutside();
      return;
    }
    placing.set(this.id, null);
    this.trigger("place");
    this.#arrive({ id: this.id });
  }

  /** @param {Told} told */
  #arrive(told) {
    const isNew = told.url !== this.#url;
    this.#told = told;
    this.#url = told.url;
    this.#isUploading = false;
    this.#showLoading(false);
    if (isNew) this.player.pause();
    this.#showAll();
    if (isNew && told.seconds) {
      const { start, width } = settings[this.#role];
      const back = broughtBack(start, width, told.seconds);
      if (back !== start) {
        this.#moveTo(back);
        this.#settle();
      }
    }
    this.player.answered();
    this.#keepFocus();
  }

  /** Later styles move up; with the last one its recorder goes, and the focus with it. */
  #keepFocusOutside(tries = 120) {
    if (document.activeElement === document.body) document.getElementById("add-style")?.focus();
    else if (tries) requestAnimationFrame(() => this.#keepFocusOutside(tries - 1));
  }

  /** What had the focus may have gone with the recording. */
  #keepFocus(tries = 30) {
    if (!this.#hadFocus || (document.activeElement && document.activeElement !== document.body)) return;
    const drop = this.recorder.querySelector("button.upload-container");
    const next = this.#told.url ? this.play : drop;
    if (next instanceof HTMLElement && next.checkVisibility()) next.focus({ preventScroll: true });
    else if (tries) requestAnimationFrame(() => this.#keepFocus(tries - 1));
  }

  #showAll() {
    const { url, name, kind, said, peaks, seconds } = this.#told;
    const filled = Boolean(url);
    const numbered = this.id.includes("-");
    this.recorder.classList.toggle("st-filled", filled);
    this.filled.hidden = !filled;
    this.play.hidden = this.replace.hidden = !filled;
    this.play.disabled = !seconds;
    this.remove.hidden = !filled && !numbered;
    this.wave.hidden = !peaks;
    this.name.textContent = this.name.title = name ?? "";
    this.samples.value = [...this.samples.options].some((option) => option.value === name) ? (name ?? "") : "";
    this.#say(kind ?? "", said ?? "");
    this.show();
    this.#draw();
  }

  /**
   * @param {string} kind
   * @param {string} words
   */
  #say(kind, words) {
    if (this.said.textContent === words) return;
    const line = document.createElement("p");
    line.className = kind;
    line.textContent = words;
    this.said.replaceChildren(...(words ? [line] : []));
  }

  #draw() {
    const peaks = Float32Array.from(this.#told.peaks ?? []);
    if (peaks.length) draw(this.canvas, peaks, Math.max(QUIETEST, ...peaks));
  }

  /** The settings as they are now. */
  show() {
    this.#start = settings[this.#role].start;
    this.#showWindow();
  }

  #showWindow() {
    const [start, width, length] = this.#place;
    if (!length) {
      this.span.textContent = "";
      return;
    }
    const [from, to] = ends(start, width, length);
    const latest = latestStart(width, length);
    this.span.textContent = inShort(from, to, length, this.#told.whole);
    this.window.style.left = `${(100 * from) / length}%`;
    this.window.style.width = `${(100 * (to - from)) / length}%`;
    this.window.tabIndex = latest ? 0 : -1;
    this.window.ariaDisabled = latest ? null : "true";
    this.window.ariaValueMax = String(latest);
    this.window.ariaValueNow = from.toFixed(1);
    this.window.ariaValueText = inWords(from, to, length);
  }

  /**
   * @param {boolean} isPlaying or about to
   * @param {number | null} now the place that is heard
   */
  #showHead(isPlaying, now) {
    const [, , length] = this.#place;
    this.play.ariaPressed = String(isPlaying);
    this.head.hidden = now === null;
    this.head.style.left = `${(100 * Math.min(now ?? 0, length)) / (length || 1)}%`;
  }
}
