/**
 * <st-player>: several recordings heard as one, switched without a gap, at one loudness.
 *
 * Its attribute `data-sources` is a JSON list of {name, role: content | style | result, url, lufs}; the element takes
 * it in and removes it, so that no name is left in the page while it is blind. New `data-sources` start it anew.
 * With `data-patient="true"` they wait while it plays or is, or was, blind. Where they are as long as those before,
 * position and loop stay; who is blind stays blind.
 * `data-mode="strengths"` has one slider between neighbours, in the order given, besides a button for each; it
 * stands at source `data-source-index` first, and an event "st-source" tells the index of the nearest source whenever
 * that is another one.
 */

import { letter, shuffled } from "./blind.js";
import { config } from "./config.js";
import { announce } from "./exclusive-playback.js";
import { between, matchedLevels, only } from "./mixer.js";
import { leave, listen } from "./player-keys.js";
import { build, drawLanes, onTimeline, showSources, showTime, showTransport } from "./player-view.js";
import { channels, load, peaks } from "./recordings.js";
import { Transport } from "./transport.js";

/** @typedef {import("./types.js").Source} Source */

const PEAKS = 1500;

export class Player extends HTMLElement {
  static observedAttributes = ["data-sources"];

  // Private, so that nothing in the page names what is blind.
  #given = "";
  /** @type {string | null} */
  #waiting = null; // sources that are taken when it is not busy
  /** @type {Source[]} */
  #sources = [];
  /** @type {number[]} */
  #order = []; // of the sources, as shown
  #sourceIndex = 0; // among those shown; between two of them where the slider is
  /** @type {import("./player-view.js").Blind} */
  #blind = "off";
  /** @type {Float32Array[]} */
  #peaks = [];
  /** @type {import("./player-view.js").Parts | null} */
  #parts = null;
  #hasSlider = false;
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
    return this.transport?.playing || this.#blind !== "off";
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

  /** @param {Source[]} sources */
  async #begin(sources) {
    this.transport?.pause();
    const before = this.transport;
    const blind = this.#blind === "on";
    this.transport = null;
    this.#hasSlider = this.dataset.mode === "strengths";
    [this.#sources, this.#order] = [sources, blind ? shuffled(sources.length) : sources.map((_, i) => i)];
    [this.#sourceIndex, this.#blind, this.#peaks] = [Number(this.dataset.sourceIndex ?? 0), blind ? "on" : "off", []];
    const parts = build(this.shadowRoot ?? this.attachShadow({ mode: "open" }), sources.length, this.#hasSlider);
    if (parts.slider) parts.slider.value = String(this.#sourceIndex);
    this.#parts = parts;
    this.#connect(parts);
    this.#show();
    parts.status.textContent = "Loading the recordings …";
    const buffers = await load(sources.map(({ url }) => url)).catch(() => null);
    if (this.#sources !== sources) return; // replaced meanwhile
    parts.status.textContent = buffers ? "" : "A recording could not be loaded. Choose the results again.";
    if (!buffers) return;
    const levels = matchedLevels(sources.map(({ lufs }) => lufs));
    this.#peaks = buffers.map((buffer, i) => peaks(channels(buffer), PEAKS, levels[i]));
    this.transport = new Transport(buffers, levels, this.#weights(), () => this.#ended());
    if (before && before.length === this.transport.length) {
      this.transport.setLoop(...before.loop, before.looping);
      this.transport.seek(before.position);
    }
    this.#show();
  }

  #ended() {
    this.#show();
    this.#acceptWaiting();
  }

  /** @param {import("./player-view.js").Parts} parts */
  #connect(parts) {
    const { slider } = parts;
    parts.play.addEventListener("click", () => this.toggle());
    parts.buttons.forEach((button, i) => button.addEventListener("click", () => this.choose(i)));
    parts.blind.addEventListener("click", () => this.#toggleBlind());
    slider?.addEventListener("input", () => this.#move(Number(slider.value)));
    parts.loop.addEventListener("change", () => {
      this.#act((transport) => transport.setLoop(...transport.loop, parts.loop.checked));
    });
    for (const input of [parts.from, parts.to]) {
      input.addEventListener("change", () => {
        const [from, to] = [parts.from, parts.to].map(({ value }) => Number(value) * config().sampleRateHz);
        this.#act((transport) => transport.setLoop(from, to, true));
      });
    }
    onTimeline(parts.timeline, {
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
   * Has a source heard. False if there is none of that index.
   * @param {number} sourceIndex among those shown, from 0
   */
  choose(sourceIndex) {
    if (sourceIndex >= this.#order.length) return false;
    listen(this);
    if (this.#parts?.slider) this.#parts.slider.value = String(sourceIndex);
    this.#move(sourceIndex);
    return true;
  }

  /** @param {number} sourceIndex among those shown, or between two of them */
  #move(sourceIndex) {
    const [before, now] = [this.#sourceIndex, sourceIndex].map(Math.round);
    this.#sourceIndex = sourceIndex;
    this.transport?.mix(this.#weights());
    this.#show();
    if (!this.#hasSlider || before === now) return;
    this.dispatchEvent(new CustomEvent("st-source", { bubbles: true, detail: now }));
  }

  /** How much of each source is heard, in the order of the sources. */
  #weights() {
    const shown = (this.#hasSlider ? between : only)(this.#sourceIndex, this.#order.length);
    return this.#sources.map((_, source) => shown[this.#order.indexOf(source)]);
  }

  #toggleBlind() {
    if (this.#blind === "on") {
      this.#blind = "revealed";
      this.#show();
      return;
    }
    this.#blind = "on";
    if (this.#waiting !== null) {
      this.#accept(this.#waiting);
      return;
    }
    this.#order = shuffled(this.#sources.length);
    this.#move(0); // whoever heard one source would know it again under its letter
  }

  /** @returns {{ name: string, role: import("./types.js").Role }[]} */
  #shown() {
    return this.#order.map((source, i) => {
      const { name, role } = this.#sources[source];
      if (this.#blind === "on") return { name: letter(i), role: "hidden" };
      return { name: this.#blind === "off" ? name : `${letter(i)}: ${name}`, role };
    });
  }

  #show() {
    if (!this.#parts) return;
    showSources(this.#parts, this.#shown(), this.#sourceIndex, this.#blind);
    showTransport(this.#parts, this.transport);
    this.#draw();
  }

  #draw() {
    if (!this.#parts || !this.#peaks.length) return;
    const outline = () => this.#peaks.reduce((a, b) => a.map((peak, i) => Math.max(peak, b[i])));
    // Shapes would tell which is which.
    const hidden = this.#blind === "on" ? outline() : null;
    const lanes = this.#shown().map(({ role }, i) => ({ role, peaks: hidden ?? this.#peaks[this.#order[i]] }));
    drawLanes(this.#parts, this.#hasSlider ? [lanes[Math.round(this.#sourceIndex)]] : lanes);
  }

  #tick() {
    if (!this.#parts || !this.transport?.playing) return;
    if (!this.checkVisibility()) {
      this.pause(); // in a tab that is not shown there is nothing to stop it with
      return;
    }
    showTime(this.#parts, this.transport);
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#tick());
  }
}

customElements.define("st-player", Player);
