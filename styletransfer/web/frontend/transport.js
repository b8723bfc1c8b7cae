/**
 * Plays, pauses, seeks and loops a set of buffers of one length. Each start makes a new mixer that takes over from the
 * one before it; only gains move while a mixer runs. Positions are in samples.
 */

import { config } from "./config.js";
import { Mixer } from "./mixer.js";

/** @typedef {import("./types.js").Span} Span */

const MIN_LOOP_S = 0.05;

/** @type {AudioContext | null} */
let context = null; // one for all players: browsers allow few

export class Transport {
  position = 0;
  /** @type {Span} */
  loop = [0, 0];
  looping = false;
  /** @type {Mixer | null} */
  mixer = null;
  /** @type {GainNode | null} */
  output = null;

  /**
   * @param {AudioBuffer[]} buffers
   * @param {number[]} levels a gain for each buffer
   * @param {number[]} weights how much of each is heard
   * @param {() => void} changed called when playing ends
   */
  constructor(buffers, levels, weights, changed) {
    this.buffers = buffers;
    this.levels = levels;
    this.weights = weights;
    this.changed = changed;
    this.length = buffers[0].length;
    this.loop = [0, this.length];
  }

  get playing() {
    return this.mixer !== null;
  }

  /** The sample that is heard now. */
  get now() {
    return this.mixer && context ? Math.floor(this.mixer.positionAt(context.currentTime)) : this.position;
  }

  /** Starts at `position`, or goes on there if it plays already, without a gap. */
  play() {
    context ??= new AudioContext({ sampleRate: config().sampleRateHz });
    if (navigator.audioSession) navigator.audioSession.type = "playback"; // or a telephone's mute switch silences it
    context.resume();
    // Everything passes here, so that it can be metered or recorded.
    this.output ??= new GainNode(context);
    this.output.connect(context.destination);
    if (this.position >= this.length) this.position = 0;
    if (this.looping && !this.#isInLoop(this.position)) this.position = this.loop[0];
    const { buffers, levels, weights, position } = this;
    const loop = this.looping ? this.loop : null;
    const previous = this.mixer;
    const mixer = new Mixer(context, this.output, { buffers, levels, weights, position, loop });
    previous?.stop(mixer.begunAt);
    this.mixer = mixer;
    mixer.sources[0].addEventListener("ended", () => this.mixer === mixer && this.#end());
  }

  pause() {
    this.position = this.now;
    this.mixer?.stop();
    this.mixer = null;
  }

  #end() {
    this.mixer = null;
    this.position = 0;
    this.changed();
  }

  /** @param {number[]} weights */
  mix(weights) {
    this.weights = weights;
    this.mixer?.mix(weights);
  }

  /**
   * Goes to a sample; one outside the loop ends the looping.
   * @param {number} sample
   */
  seek(sample) {
    this.position = Math.round(Math.min(Math.max(sample, 0), this.length));
    if (this.looping && !this.#isInLoop(this.position)) this.looping = false;
    if (this.playing) this.play();
  }

  /**
   * As `seek`, but from where it is, and at most to the ends of the loop.
   * @param {number} samples
   */
  seekBy(samples) {
    const [first, last] = this.looping ? [this.loop[0], this.loop[1] - 1] : [0, this.length];
    this.seek(Math.min(Math.max(this.now + samples, first), last));
  }

  /**
   * The part between two samples, in either order, is played again and again while `looping`.
   * @param {number} from
   * @param {number} to
   * @param {boolean} looping
   */
  setLoop(from, to, looping) {
    const [a, b] = [from, to].map((end) => Math.round(Math.min(Math.max(end || 0, 0), this.length)));
    const shortest = MIN_LOOP_S * this.buffers[0].sampleRate;
    const start = Math.max(0, Math.min(a, b, this.length - shortest));
    this.position = this.now;
    this.loop = [start, Math.min(this.length, Math.max(a, b, start + shortest))];
    this.looping = looping;
    if (looping && !this.#isInLoop(this.position)) this.position = start;
    if (this.playing) this.play();
  }

  /** @param {number} sample */
  #isInLoop(sample) {
    return sample >= this.loop[0] && sample < this.loop[1];
  }
}
