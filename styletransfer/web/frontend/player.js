/**
 * <st-player>: several recordings heard as one, switched without a gap, at one loudness.
 *
 * Its attribute `data-sources` is a JSON list of {name, role: content | style | result | mix, url, lufs}, each a lane;
 * the element takes it in and removes it, so that no name is left in the page while it is blind. A lane of several
 * results that follow one another has `sounds` with {name, url, lufs}, and a slider between neighbours, which stands at
 * sound `data-place` first; an event "st-source" tells the index of the nearest sound whenever that is another one.
 * New `data-sources` start the player anew. With `data-patient="true"` they wait while it plays or is, or was, blind.
 * Else it plays on, and where they are as long as those before, position and loop stay; who is blind stays blind.
 * With `data-blends="true"` a slider mixes what is heard of a result with the content; "st-blend" tells of it.
 * "st-transport" on the document says that what plays, or can play, may have changed.
 */

import { letter, shuffled } from "./blind.js";
import { config } from "./config.js";
import { announce } from "./exclusive-playback.js";
import { blendGains, lanesOf, likeness, originalOf, seriesOf, soundsOf, weightsOf } from "./lanes.js";
import { matchedLevels } from "./mixer.js";
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
  /** @type {Lane[]} */
  #lanes = []; // in the order given
  /** @type {Lane[]} */
  #order = []; // as shown
  #heard = 0; // among those shown
  #place = 0; // of the slider between several results
  /** @type {import("./types.js").Blend} */
  #blend = { share: 1, kept: false };
  /** @type {import("./player-view.js").Blind} */
  #blind = "off";
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

  /**
   * What was there plays on until the new is loaded.
   * @param {import("./types.js").Source[]} sources
   */
  async #begin(sources) {
    const lanes = lanesOf(sources);
    this.#loading = lanes;
    if (!this.transport) this.#build(lanes, 0);
    this.#say("Loading the recordings …");
    const buffers = await load(soundsOf(lanes).map(({ url }) => url)).catch(() => null);
    if (this.#loading !== lanes) return; // replaced meanwhile
    this.#say(buffers ? "" : "A recording could not be loaded. Choose the results again.");
    if (!buffers) return;
    const before = this.transport;
    const wasPlaying = before?.playing ?? false;
    const kept = this.#shown()[this.#heard]?.name;
    const at = before?.now ?? 0;
    if (before)
      this.#build(
        lanes,
        wasPlaying
          ? Math.max(
              0,
              lanes.findIndex(({ name }) => name === kept),
            )
          : 0,
      );
    const levels = matchedLevels(soundsOf(lanes).map(({ lufs }) => lufs));
    this.#buffers = buffers;
    this.#peaks = buffers.map((buffer, i) => peaks(channels(buffer), PEAKS, levels[i]));
    const transport = new Transport(buffers, levels, this.#weights(), () => this.#ended());
    this.transport = transport;
    if (before?.length === transport.length) transport.setLoop(...before.loop, before.looping);
    transport.seek(before?.length === transport.length || wasPlaying ? at : 0);
    before?.pause();
    if (wasPlaying) this.play();
    this.#show();
  }

  /**
   * Lays out the lanes; a blind player shuffles them anew.
   * @param {Lane[]} lanes
   * @param {number} heard
   */
  #build(lanes, heard) {
    const blind = this.#blind === "on";
    const isSame = this.#lanes[0]?.sounds[0].url === lanes[0].sounds[0].url; // only others have come or gone
    this.#lanes = lanes;
    this.#order = blind ? shuffled(lanes.length).map((i) => lanes[i]) : lanes;
    this.#blind = blind ? "on" : "off";
    this.#heard = blind ? 0 : heard;
    if (!isSame) {
      this.#place = Number(this.dataset.place ?? 0);
      this.#blend = { share: 1, kept: false };
    }
    this.#peaks = [];
    const blends = this.dataset.blends === "true" && originalOf(lanes) !== null;
    const parts = view.build(this.shadowRoot ?? this.attachShadow({ mode: "open" }), lanes, blends);
    if (parts.slider) parts.slider.value = String(this.#place);
    if (parts.blend) parts.blend.value = String(100 * this.#blend.share);
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
    if (index >= this.#order.length) return false;
    listen(this);
    this.#heard = index;
    this.#mix();
    return true;
  }

  /**
   * Has the results of a series heard, at a place of the slider.
   * @param {number} place
   */
  #move(place) {
    const series = seriesOf(this.#order);
    if (!series || !this.#parts?.slider) return;
    const [before, now] = [this.#place, place].map(Math.round);
    this.#place = place;
    this.#parts.slider.value = String(place);
    this.choose(this.#order.indexOf(series));
    if (before !== now) this.dispatchEvent(new CustomEvent("st-source", { bubbles: true, detail: now }));
  }

  /**
   * Mixes results with the original, and has one heard so.
   * @param {number} share
   * @param {boolean} kept
   */
  #mixIn(share, kept) {
    this.#blend = { share, kept: kept && share < 1 };
    if (this.#order[this.#heard].role !== "result")
      this.#heard = this.#order.findIndex(({ role }) => role === "result");
    this.#mix();
    this.dispatchEvent(new CustomEvent("st-blend", { bubbles: true, detail: this.#blend }));
  }

  #mix() {
    this.transport?.mix(this.#weights());
    this.#show();
  }

  /** How much of each sound is heard. */
  #weights() {
    return weightsOf(this.#lanes, this.#order[this.#heard], this.#place, this.#gains());
  }

  #gains() {
    const { share } = this.#blend;
    const [heard, original] = [this.#order[this.#heard], originalOf(this.#lanes)];
    if (share === 1 || this.#blind === "on" || !original) return undefined;
    const result = heard.first + (heard.sounds.length > 1 ? Math.round(this.#place) : 0);
    const [wet, dry] = [result, original.first].map((i) => this.#buffers[i]?.getChannelData(0));
    return wet && dry ? blendGains(share, likeness(wet, dry)) : undefined;
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
    this.#order = shuffled(this.#lanes.length).map((i) => this.#lanes[i]);
    this.choose(0); // whoever heard one lane would know it again under its letter
  }

  /** @returns {{ name: string, about: string, role: import("./types.js").Role }[]} */
  #shown() {
    return this.#order.map(({ name, about, role }, i) => {
      if (this.#blind === "on") return { name: letter(i), about: "", role: "hidden" };
      return { name: this.#blind === "off" ? name : `${letter(i)}: ${name}`, about, role };
    });
  }

  #show() {
    if (!this.#parts) return;
    view.showLanes(this.#parts, this.#shown(), this.#heard, this.#blind);
    view.showPlace(this.#parts, this.#place);
    view.showBlend(this.#parts, this.#blend, this.#blind);
    view.showTransport(this.#parts, this.transport);
    document.dispatchEvent(new Event("st-transport"));
    this.#draw();
  }

  #draw() {
    if (!this.#parts || !this.#peaks.length) return;
    const outline = () => this.#peaks.reduce((a, b) => a.map((peak, i) => Math.max(peak, b[i])));
    // Shapes would tell which is which.
    const hidden = this.#blind === "on" ? outline() : null;
    /** @param {Lane} lane */
    const peaksOf = ({ first, sounds }) => this.#peaks[first + (sounds.length > 1 ? Math.round(this.#place) : 0)];
    const lanes = this.#shown().map(({ role }, i) => ({ role, peaks: hidden ?? peaksOf(this.#order[i]) }));
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
