/**
 * <st-player>: several recordings heard as one, switched without a gap, at one loudness.
 *
 * Its attribute `data-sources` is a JSON list of {name, role: content | style | result | mix, url, lufs}, each a lane;
 * the element takes it in and removes it, so that no name is left in the page while it is blind. A lane of several
 * results that follow one another has `sounds` with {name, url, lufs}, and a slider between neighbours, which stands at
 * sound `place` first; an event "st-source" tells the index of the nearest sound whenever that is another one.
 * New `data-sources` start the player anew. With `data-patient="true"` they wait while it plays or is blind.
 * Else it plays on, and where they are as long as those before, position and loop stay; who is blind stays blind.
 * With `data-blends` a slider mixes the result with the content, and where that is "kept" a box has it downloaded so;
 * "st-blend" tells of both. Lanes that are `isEarlier` are of other contents, and nobody is turned down for them.
 * "st-transport" on the document says that what plays, or can play, may have changed.
 */

import { config } from "./config.js";
import { announce } from "./exclusive-playback.js";
import { Heard } from "./heard.js";
import { lanesOf, levelsOf, originalOf, soundsOf } from "./lanes.js";
import { leave, listen } from "./player-keys.js";
import * as view from "./player-view.js";
import { channels, load, peaks } from "./recordings.js";
import { Transport } from "./transport.js";

/** @typedef {import("./types.js").Lane} Lane */

const PEAKS = 1500;

export class Player extends HTMLElement {
  static observedAttributes = ["data-sources"];

  // Private, so that nothing in the page names what is blind.
  #given = "";
  /** @type {string | null} */
  #waiting = null; // sources that are taken when it is not busy
  /** @type {Lane[] | null} */
  #loading = null;
  #heard = new Heard();
  /** @type {AudioBuffer[]} */
  #buffers = []; // of all sounds
  /** @type {Float32Array[]} */
  #peaks = [];
  /** @type {import("./player-view.js").Parts | null} */
  #parts = null;
  #frame = 0;
  #resized = new ResizeObserver(() => this.#draw());

  /**
   * What plays, once everything is loaded.
   * @type {Transport | null}
   */
  transport = null;

  connectedCallback() {
    listen(this);
    this.#take();
    this.#resized.observe(this);
  }

  disconnectedCallback() {
    this.pause();
    leave(this);
    this.#resized.disconnect();
  }

  attributeChangedCallback() {
    this.#take();
  }

  /** Only once it is in the page: Gradio parses HTML in an element apart and copies what is new from there. */
  #take() {
    const text = this.getAttribute("data-sources");
    if (text === null || !this.isConnected) return;
    this.removeAttribute("data-sources");
    if (this.dataset.patient === "true" && this.#isBusy()) this.#waiting = text;
    else this.#accept(text);
  }

  #isBusy() {
    return this.transport?.playing || this.#heard.blind === "on";
  }

  /** @param {string} text */
  #accept(text) {
    this.#waiting = null;
    if (text === this.#given) return;
    this.#given = text;
    this.#begin(JSON.parse(text));
  }

  #acceptWaiting() {
    if (this.#waiting !== null && this.isConnected && !this.#isBusy()) this.#accept(this.#waiting);
  }

  /**
   * What was there plays on until the new is loaded.
   * @param {import("./types.js").Source[]} sources
   */
  async #begin(sources) {
    const lanes = lanesOf(sources);
    this.#loading = lanes;
    if (!this.transport) this.#build(lanes, false);
    this.#say("Loading the recordings …");
    const buffers = await load(soundsOf(lanes).map(({ url }) => url)).catch(() => null);
    if (this.#loading !== lanes) return; // replaced meanwhile
    this.#say(buffers ? "" : "A recording could not be loaded. Choose the results again.");
    if (!buffers) return;
    const before = this.transport;
    const wasPlaying = before?.playing ?? false;
    const at = before?.now ?? 0;
    if (before) this.#build(lanes, wasPlaying);
    const levels = levelsOf(lanes, (i) => peaks(channels(buffers[i]), 1, 1)[0]);
    this.#buffers = buffers;
    this.#peaks = buffers.map((buffer, i) => peaks(channels(buffer), PEAKS, levels[i]));
    const transport = new Transport(buffers, levels, this.#heard.weights(buffers), () => this.#ended());
    this.transport = transport;
    if (before?.length === transport.length) transport.setLoop(...before.loop, before.looping);
    transport.seek(before?.length === transport.length || wasPlaying ? at : 0);
    before?.pause();
    if (wasPlaying) this.play();
    this.#show();
  }

  /**
   * Lays out the lanes.
   * @param {Lane[]} lanes
   * @param {boolean} goesOn whether the one of the same name is heard on
   */
  #build(lanes, goesOn) {
    this.#heard.take(lanes, goesOn);
    this.#peaks = [];
    const { blends } = this.dataset;
    const isBlended = blends !== undefined && originalOf(lanes) !== null;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const parts = view.build(root, lanes, { isBlended, isKept: blends === "kept" });
    const { place, blend } = this.#heard;
    if (parts.slider) parts.slider.value = String(place);
    if (parts.blend) parts.blend.value = String(100 * blend.share);
    this.#parts = parts;
    this.#connect(parts);
    this.#show();
  }

  /** @param {string} text */
  #say(text) {
    if (this.#parts) this.#parts.status.textContent = text;
  }

  #ended() {
    this.#show();
    this.#acceptWaiting();
  }

  /** @param {import("./player-view.js").Parts} parts */
  #connect(parts) {
    const { slider, blend, kept } = parts;
    parts.play.addEventListener("click", () => this.toggle());
    parts.buttons.forEach((button, i) => button.addEventListener("click", () => this.choose(i)));
    parts.blind.addEventListener("click", () => this.#toggleBlind());
    parts.names.addEventListener("click", () => this.#name());
    slider?.addEventListener("input", () => this.#move(Number(slider.value)));
    parts.steps.forEach((step, i) => step.addEventListener("click", () => this.#move(i)));
    for (const control of blend ? [blend, kept] : []) {
      control.addEventListener("input", () => this.#mixIn(Number(blend?.value) / 100, kept.checked));
    }
    parts.loop.addEventListener("change", () => {
      this.#act((transport) => transport.setLoop(...transport.loop, parts.loop.checked));
    });
    for (const input of [parts.from, parts.to]) {
      input.addEventListener("change", () => {
        const [from, to] = [parts.from, parts.to].map(({ value }) => Number(value) * config().sampleRateHz);
        this.#act((transport) => transport.setLoop(from, to, true));
      });
    }
    view.onTimeline(parts.timeline, {
      seek: (share) => this.#act((transport) => transport.seek(share * transport.length)),
      region: (a, b) => this.#act((transport) => transport.setLoop(a * transport.length, b * transport.length, true)),
    });
  }

  /**
   * Does something with the transport, once there is one, and shows it.
   * @param {(transport: Transport) => void} change
   */
  #act(change) {
    if (!this.transport) return;
    listen(this);
    change(this.transport);
    this.#show();
  }

  toggle() {
    if (this.transport?.playing) this.pause();
    else this.play();
    return true;
  }

  play() {
    announce(this);
    this.#act((transport) => transport.play());
    this.#tick();
  }

  pause() {
    this.transport?.pause();
    this.#show();
    this.#acceptWaiting();
  }

  /** @param {number} seconds */
  seekBy(seconds) {
    this.#act((transport) => transport.seekBy(seconds * config().sampleRateHz));
    return true;
  }

  /**
   * Has a lane heard. False if there is none of that index.
   * @param {number} index among those shown, from 0
   */
  choose(index) {
    if (!this.#heard.choose(index)) return false;
    listen(this);
    this.#mix();
    return true;
  }

  /**
   * Has the results of a series heard, at a place of the slider.
   * @param {number} place
   */
  #move(place) {
    if (!this.#parts?.slider) return;
    const isOther = this.#heard.move(place);
    this.#parts.slider.value = String(place);
    listen(this);
    this.#mix();
    if (isOther) this.dispatchEvent(new CustomEvent("st-source", { bubbles: true, detail: Math.round(place) }));
  }

  /**
   * Mixes the result with the original, and has it heard so.
   * @param {number} share
   * @param {boolean} kept
   */
  #mixIn(share, kept) {
    this.#heard.mixIn(share, kept);
    this.#mix();
    this.dispatchEvent(new CustomEvent("st-blend", { bubbles: true, detail: this.#heard.blend }));
  }

  #mix() {
    this.transport?.mix(this.#heard.weights(this.#buffers));
    this.#show();
  }

  #toggleBlind() {
    if (this.#heard.blind === "on") {
      this.#heard.reveal();
      this.#show();
      return;
    }
    this.#heard.hide();
    listen(this);
    this.#mix();
    if (this.#waiting !== null) this.#accept(this.#waiting);
  }

  /** Names alone again, once they were told. */
  #name() {
    this.#heard.name();
    this.#mix();
    this.#parts?.blind.focus(); // the button that was pressed has gone
    this.#acceptWaiting();
  }

  #show() {
    if (!this.#parts) return;
    const { index, place, blend, blind } = this.#heard;
    view.showLanes(this.#parts, this.#heard.shown(), index, blind);
    view.showPlace(this.#parts, place);
    view.showBlend(this.#parts, blend, blind);
    view.showTransport(this.#parts, this.transport);
    document.dispatchEvent(new Event("st-transport"));
    this.#draw();
  }

  #draw() {
    if (!this.#parts || !this.#peaks.length) return;
    const outline = () => this.#peaks.reduce((a, b) => a.map((peak, i) => Math.max(peak, b[i])));
    // Shapes would tell which is which.
    const hidden = this.#heard.blind === "on" ? outline() : null;
    const { order } = this.#heard;
    const shown = this.#heard.shown();
    const lanes = shown.map(({ role }, i) => ({ role, peaks: hidden ?? this.#peaks[this.#heard.soundOf(order[i])] }));
    view.drawLanes(this.#parts, lanes);
  }

  #tick() {
    if (!this.#parts || !this.transport?.playing) return;
    if (!this.checkVisibility()) {
      this.pause(); // in a tab that is not shown there is nothing to stop it with
      return;
    }
    view.showTime(this.#parts, this.transport);
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#tick());
  }
}

customElements.define("st-player", Player);
