/** One pairing: its recordings and results in a player, and what there is to know of each result. */

import { make } from "./elements.js";
import { firstHeard, lanesFor, roomFor } from "./pairings.js";
import { detailsOf } from "./run-details.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 * @typedef {import("./report-types.js").Run} Run
 * @typedef {import("./player.js").Player} Player
 */

const INVITATION = "Choose a pairing above, or a result in the table below, to hear it.";
const SILENCE = "No sound of this pairing could be read when this page was written.";
const KEYS = "Keys: 1 to 9 choose, space plays, ← → seek. Drag over a waveform to loop a part of it.";

export class Panel {
  /** @type {Player | null} */
  #player = null;
  #heading = make("h2", { tabindex: -1 });
  #body = make("div");
  /** @type {Pairing | null} */
  #pairing = null;
  /** @type {Set<Run>} */
  #heard = new Set();
  /** @type {Map<Run, HTMLDetailsElement>} */
  #details = new Map();

  /**
   * @param {Grid} grid
   * @param {Pairing[]} pairings
   */
  constructor(grid, pairings) {
    this.grid = grid;
    this.pairings = pairings;
    this.element = make("section", { class: "panel" }, this.#heading, this.#body);
  }

  /** What stands here before anything was opened. */
  invite() {
    this.#heading.textContent = "Listen";
    this.#body.replaceChildren(make("p", {}, INVITATION));
  }

  /**
   * Opens a pairing, and a run of it if one is wanted. Its sounds are loaded now, not before.
   * @param {Pairing} pairing
   * @param {Run} [run]
   */
  open(pairing, run) {
    if (pairing !== this.#pairing) {
      this.#pairing = pairing;
      this.#heard = new Set(firstHeard(pairing, run));
      this.#build(pairing);
    } else if (run?.url && !this.#heard.has(run)) {
      this.#heard = new Set(firstHeard(pairing, run));
      this.#build(pairing);
    }
    if (run) this.#show(run);
    this.element.scrollIntoView({ block: "start" });
    this.#heading.focus({ preventScroll: true });
  }

  /** @param {Pairing} pairing */
  #build(pairing) {
    this.#heading.textContent = pairing.title;
    this.#details = new Map(pairing.runs.map((each) => [each, detailsOf(this.grid, each, () => this.#hear(each))]));
    const place = this.pairings.indexOf(pairing);
    const steps = [
      this.#step("Previous pairing", this.pairings[place - 1]),
      this.#step("Next pairing", this.pairings[place + 1]),
    ];
    this.#body.replaceChildren(
      make("nav", { class: "steps", "aria-label": "Pairings" }, ...steps.flat()),
      ...this.#playerOf(pairing),
      ...this.#choice(pairing),
      make("div", { class: "runs" }, ...this.#details.values()),
    );
    this.#load(pairing);
    const [first] = this.#heard;
    if (first) this.#choose(first);
  }

  /**
   * A new player, which plays from its beginning what is chosen before it is loaded.
   * @param {Pairing} pairing
   */
  #playerOf({ content, styles, runs }) {
    this.#player = null;
    if (![content, ...styles, ...runs].some(({ url }) => url)) return [make("p", {}, SILENCE)];
    this.#player = /** @type {Player} */ (document.createElement("st-player"));
    this.#player.dataset.low = "true";
    return [this.#player, make("p", { class: "small keys" }, KEYS)];
  }

  /**
   * @param {string} text
   * @param {Pairing | undefined} pairing
   */
  #step(text, pairing) {
    return pairing ? [make("a", { href: `#pairing-${pairing.key}` }, `${text}: ${pairing.title}`)] : [];
  }

  /** @param {Pairing} pairing */
  #load(pairing) {
    const heard = pairing.runs.filter((run) => this.#heard.has(run));
    this.#player?.setAttribute("data-sources", JSON.stringify(lanesFor(pairing, heard)));
  }

  /**
   * Which runs are in the player, where there are more than it takes.
   * @param {Pairing} pairing
   */
  #choice(pairing) {
    const room = roomFor(pairing);
    const playable = pairing.runs.filter(({ url }) => url);
    if (playable.length <= room) return [];
    const boxes = playable.map((run) => {
      const box = make("input", { type: "checkbox" });
      box.checked = this.#heard.has(run);
      box.addEventListener("change", () => {
        if (box.checked) this.#heard.add(run);
        else this.#heard.delete(run);
        limit();
        this.#load(pairing);
      });
      return { box, label: make("label", {}, box, run.way) };
    });
    /** The player is full, or would be without results. */
    const limit = () => {
      for (const { box } of boxes) box.disabled = box.checked ? this.#heard.size === 1 : this.#heard.size >= room;
    };
    limit();
    const legend = make("legend", {}, `In the player, which takes ${room} of the ${playable.length} results at a time`);
    return [make("fieldset", { class: "boxes" }, legend, ...boxes.map(({ label }) => label))];
  }

  /**
   * Has a run heard, once the player has it.
   * @param {Run} run
   */
  #hear(run) {
    const pairing = this.#pairing;
    if (!pairing) return;
    if (!this.#heard.has(run)) {
      this.#heard = new Set(firstHeard(pairing, run));
      this.#build(pairing);
      this.#show(run);
    }
    this.#choose(run);
    this.#player?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Run} run */
  #choose(run) {
    const pairing = /** @type {Pairing} */ (this.#pairing);
    const heard = pairing.runs.filter((each) => this.#heard.has(each));
    this.#player?.choose(lanesFor(pairing, heard).findIndex(({ url }) => url === run.url));
  }

  /** @param {Run} run */
  #show(run) {
    for (const [each, details] of this.#details) details.open = each === run;
    if (run.url) this.#choose(run);
  }
}
