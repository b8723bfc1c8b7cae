/**
 * Plays, pauses, seeks and loops a set of buffers of one length. Each start makes a new mixer that takes over from the
 * one before it; only gains move while a mixer runs. Positions are in samples.
 */

import { Mixer } from "./mixer.js";
import { RATE_HZ } from "./recordings.js";

const MIN_LOOP = RATE_HZ / 20;

let context = null; // one for all players: browsers allow few

export class Transport {
  position = 0;
  loop = [0, 0];
  looping = false;
  mixer = null;

  /** `levels`: a gain for each buffer; `weights`: how much of each is heard; `changed`: called when playing ends. */
  constructor(buffers, levels, weights, changed) {
    Object.assign(this, { buffers, levels, weights, changed });
    this.length = buffers[0].length;
    this.loop = [0, this.length];
  }

  get playing() {
    return this.mixer !== null;
  }

  /** The sample that is heard now. */
  get now() {
    return this.mixer ? Math.floor(this.mixer.positionAt(context.currentTime)) : this.position;
  }

  /** Starts at `position`, or goes on there if it plays already, without a gap. */
  play() {
    context ??= new AudioContext({ sampleRate: RATE_HZ });
    if (navigator.audioSession) navigator.audioSession.type = "playback"; // or a telephone's mute switch silences it
    context.resume();
    // Everything passes here, so that it can be metered or recorded.
    this.output ??= new GainNode(context);
    this.output.connect(context.destination);
    if (this.position >= this.length) this.position = 0;
    if (this.looping && !this.#isInLoop(this.position)) this.position = this.loop[0];
    const { buffers, levels, weights, position } = this;
    const previous = this.mixer;
    const mixer = new Mixer(context, this.output, {
      buffers, levels, weights, position, loop: this.looping ? this.loop : null,
    });
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

  mix(weights) {
    this.weights = weights;
    this.mixer?.mix(weights);
  }

  /** Goes to a sample; one outside the loop ends the looping. */
  seek(sample) {
    this.position = Math.round(Math.min(Math.max(sample, 0), this.length));
    if (this.looping && !this.#isInLoop(this.position)) this.looping = false;
    if (this.playing) this.play();
  }

  /** As `seek`, but from where it is, and at most to the ends of the loop. */
  seekBy(samples) {
    const [first, last] = this.looping ? [this.loop[0], this.loop[1] - 1] : [0, this.length];
    this.seek(Math.min(Math.max(this.now + samples, first), last));
  }

  /** The part between two samples, in either order, is played again and again while `looping`. */
  setLoop(from, to, looping) {
    const [a, b] = [from, to].map((end) => Math.round(Math.min(Math.max(end || 0, 0), this.length)));
    const start = Math.max(0, Math.min(a, b, this.length - MIN_LOOP));
    this.position = this.now;
    this.loop = [start, Math.min(this.length, Math.max(a, b, start + MIN_LOOP))];
    this.looping = looping;
    if (looping && !this.#isInLoop(this.position)) this.position = start;
    if (this.playing) this.play();
  }

  #isInLoop(sample) {
    return sample >= this.loop[0] && sample < this.loop[1];
  }
}
