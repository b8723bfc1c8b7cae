/** The sounds of a trial: fetched and decoded ahead, played in step with one another, and how much of each was heard. */

import { Pauses, reply } from "./outbox.js";
import { Transport } from "./transport.js";

/** So much of each sound is to be heard, or the whole of a shorter one. */
export const HEARD_S = 1;

const TAKEN = "Something else took the sound. Press play to go on.";
const SILENT =
  "No sound comes from this browser. Look whether headphones or loudspeakers are connected; press play again.";
const STARTED_MS = 5_000;

export class Sounds {
  /** @type {Map<string, { buffers: Promise<AudioBuffer[]>, ended: AbortController }>} */
  #loaded = new Map();
  #pauses = new Pauses();

  /**
   * @param {(trial: string, slot: string) => string} address
   * @param {number} rateHz
   * @param {(is: boolean) => void} away told whether the server answers
   */
  constructor(address, rateHz, away) {
    this.address = address;
    this.context = new OfflineAudioContext(1, 1, rateHz);
    this.away = away;
  }

  /**
   * The sounds of a trial, in the order of its slots; what is fetched already is not fetched again.
   * @param {string} trial
   * @param {string[]} slots
   */
  load(trial, slots) {
    let loaded = this.#loaded.get(trial);
    if (!loaded) {
      const ended = new AbortController();
      loaded = { buffers: Promise.all(slots.map((slot) => this.#load(trial, slot, ended.signal))), ended };
      loaded.buffers.catch(() => this.#loaded.delete(trial)); // told to whoever waits for them
      this.#loaded.set(trial, loaded);
    }
    return loaded.buffers;
  }

  /**
   * Lets go of all but these.
   * @param {string[]} trials
   */
  keep(trials) {
    for (const [trial, { ended }] of this.#loaded) {
      if (trials.includes(trial)) continue;
      ended.abort();
      this.#loaded.delete(trial);
    }
  }

  /** The connection may be back. */
  hurry() {
    this.#pauses.reset();
  }

  /**
   * Tries until it is there. Throws where the server refuses it, and when nobody wants it any more.
   * @param {string} trial
   * @param {string} slot
   * @param {AbortSignal} signal
   */
  async #load(trial, slot, signal) {
    for (;;) {
      signal.throwIfAborted();
      const response = await fetch(this.address(trial, slot), { signal }).catch(() => null);
      const bytes = response?.ok ? await response.arrayBuffer().catch(() => null) : null;
      if (bytes) {
        this.away(false);
        return this.context.decodeAudioData(bytes);
      }
      const { refused } = response ? await reply(response) : {};
      if (refused) throw new Error(refused);
      if (signal.aborted) continue;
      this.away(true);
      await this.#pauses.next();
    }
  }
}

/** Plays one of a trial's sounds at a time, in a loop, and switches without a gap. */
export class Player {
  active = 0;
  switches = 0;
  #since = 0;
  /** @type {AudioContext | null} */
  #context = null;

  /**
   * @param {AudioBuffer[]} buffers
   * @param {boolean} restarts whether a switch goes back to the beginning
   * @param {(why: string) => void} interrupted told when something else than the listener ended the playing
   */
  constructor(buffers, restarts, interrupted) {
    this.restarts = restarts;
    this.interrupted = interrupted;
    this.lengthS = buffers[0].duration;
    this.heard = buffers.map(() => 0);
    const levels = buffers.map(() => 1);
    this.transport = new Transport(buffers, levels, this.#weights(), () => interrupted(TAKEN));
    this.transport.setLoop(0, this.transport.length, true);
  }

  get playing() {
    return this.transport.playing;
  }

  /** How far it is, from 0 to 1. */
  get share() {
    return this.transport.now / this.transport.length;
  }

  /** @param {number} index */
  isHeard(index) {
    return this.heard[index] >= Math.min(HEARD_S, this.lengthS);
  }

  /**
   * Plays another sound.
   * @param {number} index
   */
  choose(index) {
    this.account();
    if (index !== this.active) {
      this.switches += 1;
      this.active = index;
      if (this.restarts && this.playing) {
        this.transport.weights = this.#weights();
        this.transport.seek(0);
      } else {
        if (this.restarts) this.transport.position = 0;
        this.transport.mix(this.#weights());
      }
    }
    if (!this.playing) this.play();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Only in a click or a key: the browser lets no page sound before. */
  play() {
    this.transport.play();
    const context = this.transport.output?.context;
    if (!this.#context && context instanceof AudioContext) {
      this.#context = context;
      context.addEventListener("statechange", this.#stateChanged);
    }
    const begun = this.#context?.currentTime ?? 0;
    this.#since = begun;
    setTimeout(() => this.#context?.currentTime === begun && this.#end(SILENT), STARTED_MS); // without any device
  }

  pause() {
    this.account();
    this.transport.pause();
  }

  /** Adds up what was heard until now. */
  account() {
    if (!this.#context || !this.playing) return;
    this.heard[this.active] += this.#context.currentTime - this.#since;
    this.#since = this.#context.currentTime;
  }

  /** Ends it for good. */
  end() {
    if (this.playing) this.pause();
    this.#context?.removeEventListener("statechange", this.#stateChanged);
  }

  /** A telephone call, or another program that takes the sound. */
  #stateChanged = () => {
    if (this.#context?.state !== "running") this.#end(TAKEN);
  };

  /** @param {string} why */
  #end(why) {
    if (!this.playing) return;
    this.pause();
    this.interrupted(why);
  }

  #weights() {
    return this.heard.map((_, i) => (i === this.active ? 1 : 0));
  }
}
