/**
 * The part of the player that sounds. A mixer runs all its sources from one sample on, each behind a gain of its own;
 * to switch is to move gains, so nothing restarts and nothing drifts. It builds in any BaseAudioContext, an offline one
 * too. Times are in seconds of that context, positions in samples of the recordings.
 */

/** @typedef {import("./types.js").Span} Span */

export const FADE_S = 0.005;

/** Changes are planned this far ahead. A fade that began before the audio thread's own time would be a step. */
export const AHEAD_S = 0.02;

/**
 * Gains that bring every source down to the quietest. A guest turns nobody down: it is brought to the level of the
 * others, as far as it has room for that.
 * @param {(number | null)[]} lufs null for silence, which is left alone
 * @param {boolean[]} isGuest
 * @param {(i: number) => number} highestOf the highest magnitude of a source
 */
export function matchedLevels(lufs, isGuest = [], highestOf = () => 1) {
  const known = lufs.map((value, i) => ({ value: value ?? NaN, isGuest: isGuest[i] ?? false }));
  const sounding = known.filter(({ value }) => Number.isFinite(value));
  const hosts = sounding.filter((each) => !each.isGuest);
  const level = Math.min(...(hosts.length ? hosts : sounding).map(({ value }) => value));
  return known.map(({ value, isGuest }, i) => {
    if (!Number.isFinite(value)) return 1;
    const gain = 10 ** ((level - value) / 20);
    return isGuest && gain > 1 ? Math.min(gain, Math.max(1, 1 / highestOf(i))) : gain;
  });
}

/**
 * Weights between the two neighbours of an index such as 1.25, a quarter of the way from source 1 to source 2.
 * @param {number} index
 * @param {number} count
 */
export function between(index, count) {
  return Array.from({ length: count }, (_, i) => Math.max(0, 1 - Math.abs(index - i)));
}

/**
 * @typedef {object} Mix
 * @property {AudioBuffer[]} buffers all of one length
 * @property {number[]} levels a gain for each
 * @property {number[]} weights how much of each is heard
 * @property {number} [position] the sample to start at
 * @property {Span | null} [loop]
 * @property {number} [when] the time to start at, as soon as it can be if left out
 */

export class Mixer {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} destination
   * @param {Mix} mix
   */
  constructor(context, destination, { buffers, levels, weights, position = 0, loop = null, when }) {
    this.context = context;
    this.rate = buffers[0].sampleRate;
    this.loop = loop;
    this.origin = loop ? loop[0] : 0;
    this.position = position;
    this.length = buffers[0].length;
    this.levels = levels;
    this.weights = weights;
    this.out = context.createGain();
    this.out.gain.value = 0;
    this.out.connect(destination);
    const gains = buffers.map((_, i) => this.#gain(levels[i] * weights[i]));
    this.gains = gains.map((gain) => gain.gain);
    const { sources, at } = this.#start(loop ? buffers.map((buffer) => looped(buffer, loop)) : buffers, gains, when);
    this.sources = sources;
    this.begunAt = at;
    this.fadeEnd = this.begunAt;
    this.#ramp(this.out.gain, 0, 1, this.begunAt);
  }

  /** @param {number} value */
  #gain(value) {
    const gain = this.context.createGain();
    gain.gain.value = value;
    gain.connect(this.out);
    return gain;
  }

  /**
   * Starts all sources at one time, and tells it. A source that is told of its time too late would lag behind the
   * others for as long as they play: if a busy machine let half of the way ahead pass, all start anew, further ahead.
   * @param {AudioBuffer[]} buffers
   * @param {GainNode[]} gains
   * @param {number} [when]
   */
  #start(buffers, gains, when) {
    for (let ahead = AHEAD_S; ; ahead *= 2) {
      const at = this.#onGrid(when ?? this.#soon(ahead));
      const sources = buffers.map((buffer, i) => this.#source(buffer, gains[i], at));
      if (when !== undefined || this.#soon(ahead / 2) < at) return { sources, at };
      for (const source of sources) {
        source.stop();
        source.disconnect();
      }
    }
  }

  /**
   * @param {AudioBuffer} buffer
   * @param {GainNode} gain
   * @param {number} at
   */
  #source(buffer, gain, at) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.loop = this.loop !== null;
    source.connect(gain);
    source.start(at, (this.position - this.origin) / this.rate);
    return source;
  }

  /**
   * Fades to other weights. Fades follow one another, so that none starts from a gain that is still moving.
   * @param {number[]} weights
   */
  mix(weights, at = this.#soon()) {
    const start = Math.max(at, this.fadeEnd);
    this.gains.forEach((gain, i) => {
      if (weights[i] !== this.weights[i]) {
        this.#ramp(gain, this.levels[i] * this.weights[i], this.levels[i] * weights[i], start);
      }
    });
    this.weights = weights;
    this.fadeEnd = start + FADE_S;
  }

  /** Fades out and ends. A mixer that starts `at` the same time takes over without a gap. */
  stop(at = this.#soon()) {
    const start = Math.max(at, this.begunAt + FADE_S);
    this.#ramp(this.out.gain, 1, 0, start);
    this.sources.forEach((source) => source.stop(start + FADE_S));
  }

  /**
   * The sample that is heard at a time.
   * @param {number} time
   */
  positionAt(time) {
    const run = this.position + Math.max(0, time - this.begunAt) * this.rate;
    if (!this.loop) return Math.min(run, this.length);
    const [start, end] = this.loop;
    return start + ((run - start) % (end - start));
  }

  #soon(ahead = AHEAD_S) {
    return this.context.currentTime + ahead;
  }

  /**
   * The nearest sample of the context, so that no source is interpolated between two.
   * @param {number} time
   */
  #onGrid(time) {
    return Math.round(time * this.context.sampleRate) / this.context.sampleRate;
  }

  /**
   * @param {AudioParam} gain
   * @param {number} from
   * @param {number} to
   * @param {number} start
   */
  #ramp(gain, from, to, start) {
    gain.setValueAtTime(from, start);
    gain.linearRampToValueAtTime(to, start + FADE_S);
  }
}

/**
 * A copy of a part whose ends fade, so that its repetitions join without a click.
 * @param {AudioBuffer} buffer
 * @param {Span} part
 */
function looped(buffer, [start, end]) {
  const { numberOfChannels, sampleRate } = buffer;
  const copy = new AudioBuffer({ length: end - start, numberOfChannels, sampleRate });
  const fade = Math.min(Math.round(FADE_S * sampleRate), Math.floor(copy.length / 2));
  for (let channel = 0; channel < numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel).slice(start, end);
    for (let i = 0; i < fade; i++) {
      samples[i] *= i / fade;
      samples[samples.length - 1 - i] *= i / fade;
    }
    copy.copyToChannel(samples, channel);
  }
  return copy;
}
