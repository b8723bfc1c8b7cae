/**
 * A pile: several recordings of one kind, dropped, chosen or taken from the samples, each with its name, its length and
 * what is wrong with it.
 *
 * Python tells what there is (piles.py) and a component of Gradio's holds the files: what a visitor brings or takes away
 * is put into it by an event without a function of Python's, whose answer is `placed`. The browser keeps them.
 */

import { button, make, part } from "./elements.js";
import { keepRecording, restoreRecording } from "./page-keeper.js";

/**
 * @typedef {object} Recording
 * @property {string} name
 * @property {string} path on the server
 * @property {string} url
 * @property {number | null} seconds
 * @property {string} kind fault or note
 * @property {string} said
 */

/** @typedef {{ id: string, recordings: Recording[] }} Told */

export const MOST = 4;

/** What Gradio's components are about to get, by the id of the pile. @type {Map<string, object[]>} */
const placing = new Map();

/** @param {import("./types.js").Component & import("./types.js").Uploading} component */
export function mount(component) {
  new Pile(component);
}

/**
 * What a pile is to hold, as the values of all outputs, of which there is one: Gradio's descriptions of files, or null
 * where there is none.
 * @param {string} value of the pile, as Python told it
 */
export function placed(value) {
  const files = placing.get(JSON.parse(value).id) ?? [];
  return [files.length ? files : null];
}

/**
 * What is said where there is no place for all.
 * @param {string[]} names of those that were left out
 */
export function leftOut(names) {
  if (!names.length) return "";
  const were = names.length === 1 ? "was" : "were";
  return `There is place for ${MOST}: ${names.join(", ")} ${were} left out.`;
}

/** @param {Pick<Recording, "path" | "url" | "name">} recording */
const fileOf = ({ path, url, name }) => ({ path, url, orig_name: name, meta: { _type: "gradio.FileData" } });

/** @param {number} seconds */
function inShort(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${Math.round(seconds - 60 * minutes)} s` : `${seconds.toFixed(1)} s`;
}

class Pile {
  /** @type {Told} */
  #told = { id: "", recordings: [] };
  /** @type {Promise<void>} */
  #work = Promise.resolve();
  #keeping = Promise.resolve();
  #arrived = () => {};
  #isRestored = false;

  /** @param {import("./types.js").Component & import("./types.js").Uploading} component */
  constructor({ element, trigger, watch, props, upload }) {
    this.trigger = trigger;
    this.upload = upload;
    this.box = part(element, ".st-pile", HTMLElement);
    this.around = /** @type {HTMLElement} */ (element.closest(".st-recorder") ?? element);
    this.list = part(element, "ol", HTMLOListElement);
    this.add = part(element, ".st-pile-add", HTMLButtonElement);
    this.samples = part(element, "select", HTMLSelectElement);
    this.input = part(element, "input", HTMLInputElement);
    this.said = part(element, ".st-said", HTMLElement);
    const read = () => (this.#told = JSON.parse(String(props.value)));
    read();
    watch("value", () => {
      read();
      this.#show();
      if (this.#isRestored) this.#keeping = this.#keeping.then(() => this.#keep());
      this.#arrived();
    });
    this.#connect();
    this.#show();
    this.#then(() => this.#restore());
  }

  #connect() {
    this.add.addEventListener("click", () => {
      this.input.value = "";
      this.input.click();
    });
    this.input.addEventListener("change", () => this.#bring([...(this.input.files ?? [])]));
    this.samples.addEventListener("change", () => {
      const name = this.samples.value;
      this.samples.value = "";
      if (name && this.#room([name])) this.trigger("sample", { name });
    });
    this.around.addEventListener("drop", (event) => this.#bring([...(event.dataTransfer?.files ?? [])]));
  }

  /**
   * One thing after the other.
   * @param {() => Promise<void>} task
   */
  #then(task) {
    this.#work = this.#work.then(task).catch(() => {});
  }

  /**
   * How many there is place for; tells which are left out.
   * @param {string[]} names
   */
  #room(names) {
    const room = Math.max(0, MOST - this.#told.recordings.length);
    this.#say(leftOut(names.slice(room)));
    return room;
  }

  /** @param {File[]} files */
  #bring(files) {
    if (!files.length) return;
    this.#then(async () => {
      const room = this.#room(files.map(({ name }) => name));
      for (const file of files.slice(0, room)) await this.#uploadOne(file);
    });
  }

  /** @param {File} file */
  async #uploadOne(file) {
    const row = make(
      "li",
      { class: "loading" },
      make("b", { title: file.name }, file.name),
      make("span", {}, "loading"),
    );
    this.list.append(row);
    this.box.setAttribute("aria-busy", "true");
    try {
      const { path, url } = await this.upload(file);
      const known = this.#told.recordings;
      if (known.some((recording) => recording.path === path)) {
        row.remove();
        this.#say(`${file.name} is there already.`);
        return;
      }
      await this.#place([...known, { path, url, name: file.name }]);
    } catch {
      row.remove();
      this.#say(`${file.name} could not be loaded.`);
    } finally {
      this.box.removeAttribute("aria-busy");
    }
  }

  /** @param {Pick<Recording, "path" | "url" | "name">[]} recordings */
  #place(recordings) {
    placing.set(this.#told.id, recordings.map(fileOf));
    return new Promise((/** @type {(value: void) => void} */ done) => {
      this.#arrived = done;
      this.trigger("place");
    });
  }

  /** @param {string} path */
  #remove(path) {
    this.#then(async () => {
      this.#say("");
      await this.#place(this.#told.recordings.filter((recording) => recording.path !== path));
      const next = this.list.querySelector("button") ?? this.add;
      if (document.activeElement === document.body) /** @type {HTMLElement} */ (next).focus({ preventScroll: true });
    });
  }

  /** What was here when the page was left. */
  async #restore() {
    const kept = [];
    for (const name of this.#names) kept.push(await restoreRecording(name));
    const files = kept.filter((file) => file !== null && file !== undefined);
    if (files.length) await this.#place(files.map((file) => ({ ...file, name: file.orig_name ?? "recording" })));
    this.#isRestored = true;
  }

  async #keep() {
    const files = this.#told.recordings.map(fileOf);
    for (const [i, name] of this.#names.entries()) await keepRecording(name, files[i] ?? null);
  }

  /** Under which the browser keeps them. */
  get #names() {
    return Array.from({ length: MOST }, (_, i) => `${this.#told.id}-${i + 1}`);
  }

  #show() {
    const { recordings } = this.#told;
    this.list.replaceChildren(...recordings.map((recording) => this.#rowOf(recording)));
    this.box.classList.toggle("empty", !recordings.length);
    this.add.disabled = this.samples.disabled = recordings.length >= MOST;
  }

  /** @param {Recording} recording */
  #rowOf({ path, name, seconds, kind, said }) {
    const away = button("×", () => this.#remove(path));
    away.ariaLabel = `Remove ${name}`;
    const row = make(
      "li",
      {},
      make("b", { title: name }, name),
      make("span", {}, seconds ? inShort(seconds) : ""),
      away,
    );
    if (said) row.append(make("p", { class: kind }, said));
    return row;
  }

  /** @param {string} words */
  #say(words) {
    this.said.replaceChildren(...(words ? [make("p", {}, words)] : []));
  }
}
