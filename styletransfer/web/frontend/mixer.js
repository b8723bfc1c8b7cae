/**
 * The part of the player that sounds. A mixer runs all its sources from one sample on, each behind a gain of its own;
 * to switch is to move gains, so nothing restarts and nothing drifts. It builds in any BaseAudioContext, an offline one
 * too. Times are in seconds of that context, positions in samples of the recordings.
 */

export const FADE_S = 0.005;

/** Changes are planned this far ahead. A fade that began before the audio thread's own time would be a step. */
export const AHEAD_S = 0.02;

/** Gains that bring every source down to the quietest. `lufs` has null for silence, which is left alone. */
export function matchedLevels(lufs) {
  const known = lufs.filter(Number.isFinite);
  const quietest = Math.min(...known);
  return lufs.map((value) => (Number.isFinite(value) ? 10 ** ((quietest - value) / 20) : 1));
}

/** Weights by which only source `index` is heard. */
export function only(index, count) {
  return Array.from({ length: count }, (_, i) => (i === index ? 1 : 0));
}

/** Weights between the two neighbours of an index such as 1.25, a quarter of the way from source 1 to source 2. */
export function between(index, count) {
  return Array.from({ length: count }, (_, i) => Math.max(0, 1 - Math.abs(index - i)));
}

export class Mixer {
  /**
   * `buffers`: one channel each, all of one length. `levels`: a gain for each. `weights`: how much of each is heard.
   * `position`: the sample to start at. `loop`: null, or the first sample and the one after the last. `when`: the
   * time to start at, as soon as it can be if left out.
   */
  constructor(context, destination, { buffers, levels, weights, position = 0, loop = null, when }) {
    this.context = context;
    this.rate = buffers[0].sampleRate;
    this.loop = loop;
    this.origin = loop ? loop[0] : 0;
    this.begunAt = this._onGrid(when ?? this._soon());
    this.position = position;
    this.length = buffers[0].length;
    this.levels = levels;
    this.weights = weights;
    this.fadeEnd = this.begunAt;
    this.out = context.createGain();
    this.out.connect(destination);
    this._ramp(this.out.gain, 0, 1, this.begunAt);
    this._connect(loop ? buffers.map((buffer) => looped(buffer, loop)) : buffers);
  }

  _connect(buffers) {
    this.gains = [];
    this.sources = buffers.map((buffer, i) => {
      const gain = this.context.createGain();
      gain.gain.value = this.levels[i] * this.weights[i];
      gain.connect(this.out);
      this.gains.push(gain.gain);
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.loop = this.loop !== null;
      source.connect(gain);
      source.start(this.begunAt, (this.position - this.origin) / this.rate);
      return source;
    });
  }

  /** Fades to other weights. Fades follow one another, so that none starts from a gain that is still moving. */
  mix(weights, at = this._soon()) {
    const start = Math.max(at, this.fadeEnd);
    this.gains.forEach((gain, i) => {
      if (weights[i] !== this.weights[i]) {
        this._ramp(gain, this.levels[i] * this.weights[i], this.levels[i] * weights[i], start);
      }
    });
    this.weights = weights;
    this.fadeEnd = start + FADE_S;
  }

  /** Fades out and ends. A mixer that starts `at` the same time takes over without a gap. */
  stop(at = this._soon()) {
    const start = Math.max(at, this.begunAt + FADE_S);
    this._ramp(this.out.gain, 1, 0, start);
    this.sources.forEach((source) => source.stop(start + FADE_S));
  }

  /** The sample that is heard at a time. */
  positionAt(time) {
    const run = this.position + Math.max(0, time - this.begunAt) * this.rate;
    if (!this.loop) return Math.min(run, this.length);
    const [start, end] = this.loop;
    return start + ((run - start) % (end - start));
  }

  _soon() {
    return this.context.currentTime + AHEAD_S;
  }

  /** The nearest sample of the context, so that no source is interpolated between two. */
  _onGrid(time) {
    return Math.round(time * this.context.sampleRate) / this.context.sampleRate;
  }

  _ramp(gain, from, to, start) {
    gain.setValueAtTime(from, start);
    gain.linearRampToValueAtTime(to, start + FADE_S);
  }
}

/** A copy of samples `start` to `end` whose ends fade, so that its repetitions join without a click. */
function looped(buffer, [start, end]) {
  const samples = buffer.getChannelData(0).slice(start, end);
  const fade = Math.min(Math.round(FADE_S * buffer.sampleRate), Math.floor(samples.length / 2));
  for (let i = 0; i < fade; i++) {
    samples[i] *= i / fade;
    samples[samples.length - 1 - i] *= i / fade;
  }
  const copy = new AudioBuffer({ length: samples.length, numberOfChannels: 1, sampleRate: buffer.sampleRate });
  copy.copyToChannel(samples, 0);
  return copy;
}
