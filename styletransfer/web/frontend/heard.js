/**
 * What is heard of a player's lanes, and under which names: which lane, where the slider between several results
 * stands, how a result is mixed with the original, and whether it is blind. Nothing here sounds or is drawn.
 */

import { letter, shuffled } from "./blind.js";
import { blendGains, likeness, originalOf, resultOf, seriesOf, weightsOf } from "./lanes.js";

/** @typedef {import("./types.js").Lane} Lane */
/** @typedef {"off" | "on" | "revealed"} Blind */

export class Heard {
  /** @type {Lane[]} */
  lanes = []; // in the order given
  /** @type {Lane[]} */
  order = []; // as shown
  index = 0; // of the lane that is heard, among those shown
  place = 0; // of the slider between several results
  /** @type {import("./types.js").Blend} */
  blend = { share: 1, kept: false };
  /** @type {Blind} */
  blind = "off";

  get lane() {
    return this.order[this.index];
  }

  /**
   * Other lanes. Who is blind stays blind; place and mixture stay where only other results have come or gone.
   * @param {Lane[]} lanes
   * @param {boolean} goesOn whether the lane of the same name is heard on, and not the first
   */
  take(lanes, goesOn) {
    const isSame = this.lanes[0]?.sounds[0].url === lanes[0].sounds[0].url;
    const [before, place] = [this.lanes, lanes].map((each) => seriesOf(each)?.place);
    const heard = goesOn ? lanes.findIndex(({ name }) => name === this.lane?.name) : 0;
    this.lanes = lanes;
    if (!isSame) this.blend = { share: 1, kept: false };
    if (!isSame || place !== before) this.place = place ?? 0;
    if (this.blind === "on") {
      this.hide();
      return;
    }
    this.order = lanes;
    this.index = Math.max(0, heard);
    this.blind = "off";
  }

  /** Shuffles the lanes, and hides which is which. Whoever heard one would know it again: the first is heard. */
  hide() {
    this.blind = "on";
    this.order = shuffled(this.lanes.length).map((i) => this.lanes[i]);
    this.index = 0;
  }

  /** Tells which is which. */
  reveal() {
    this.blind = "revealed";
  }

  /** Back to names alone, in the order given. */
  name() {
    this.index = this.lanes.indexOf(this.lane);
    this.order = this.lanes;
    this.blind = "off";
  }

  /**
   * Has a lane heard. False if there is none of that index.
   * @param {number} index among those shown
   */
  choose(index) {
    if (index >= this.order.length) return false;
    this.index = index;
    return true;
  }

  /**
   * Has the results of a series heard, at a place of the slider. Whether another one is nearest now.
   * @param {number} place
   */
  move(place) {
    const series = seriesOf(this.order);
    if (!series) return false;
    const before = this.place;
    this.place = place;
    this.index = this.order.indexOf(series);
    return Math.round(before) !== Math.round(place);
  }

  /**
   * Mixes the result with its original, and has it heard so: earlier results were made of others.
   * @param {number} share
   * @param {boolean} kept
   */
  mixIn(share, kept) {
    this.blend = { share, kept: kept && share < 1 };
    const result = resultOf(this.lanes);
    if (result) this.index = this.order.indexOf(result);
  }

  /**
   * How much of each sound is heard.
   * @param {AudioBuffer[]} buffers of all sounds
   */
  weights(buffers) {
    return weightsOf(this.lanes, this.lane, this.place, this.#gains(buffers));
  }

  /** @param {AudioBuffer[]} buffers */
  #gains(buffers) {
    const { share } = this.blend;
    const [result, original] = [resultOf(this.lanes), originalOf(this.lanes)];
    if (share === 1 || this.blind === "on" || !result || !original) return undefined;
    const [wet, dry] = [this.soundOf(result), original.first].map((i) => buffers[i]?.getChannelData(0));
    return wet && dry ? blendGains(share, likeness(wet, dry)) : undefined;
  }

  /**
   * The index, among all sounds, of the one that a lane has at the slider's place.
   * @param {Lane} lane
   */
  soundOf({ first, sounds }) {
    return first + (sounds.length > 1 ? Math.round(this.place) : 0);
  }

  /** @returns {{ name: string, about: string, role: import("./types.js").Role }[]} */
  shown() {
    return this.order.map(({ name, about, role }, i) => {
      if (this.blind === "on") return { name: letter(i), about: "", role: "hidden" };
      return { name: this.blind === "off" ? name : `${letter(i)}: ${name}`, about, role };
    });
  }
}
