/**
 * Plays the stretch of a recording that is used: the browser plays the file itself where it can, else a WAV of the
 * stretch that the server makes when it is asked for.
 */

import { announce } from "./exclusive-playback.js";
import { ends } from "./stretch.js";

/**
 * @typedef {object} Heard
 * @property {string} [url] of the recording
 * @property {{ url: string, start: number, length: number } | null} [wav] of a stretch that the browser cannot play
 */

export class StretchPlayer {
  #sound = new Audio();
  #unplayable = ""; // address of a recording that the browser has refused
  #awaited = false; // whether to play as soon as the stretch has come as a WAV
  #frame = 0;

  /**
   * @param {object} given
   * @param {() => Heard} given.recording
   * @param {() => [start: number, width: number, length: number]} given.place of the stretch, and the recording's length
   * @param {() => void} given.ask for a WAV of the stretch
   * @param {(isPlaying: boolean, now: number | null) => void} given.show the place that is heard, if there is one
   * @param {AbortSignal} given.until when it listens to others no more
   */
  constructor({ recording, place, ask, show, until }) {
    this.recording = recording;
    this.place = place;
    this.ask = ask;
    this.show = show;
    const sound = this.#sound;
    sound.preload = "none";
    for (const type of ["play", "pause", "ended", "seeked"]) sound.addEventListener(type, () => this.#follow());
    sound.addEventListener("play", () => announce(sound));
    const heard = (/** @type {CustomEvent<unknown>} */ { detail }) => {
      if (detail !== sound) this.pause();
    };
    document.addEventListener("st-playing", heard, { signal: until });
  }

  get isPlaying() {
    return !this.#sound.paused;
  }

  toggle() {
    if (this.isPlaying || this.#awaited) this.pause();
    else this.begin();
  }

  pause() {
    this.#awaited = false;
    this.#sound.pause();
    this.#follow();
  }

  /** Plays the stretch from its beginning. */
  async begin() {
    const { url, wav } = this.recording();
    if (!url) return;
    const [start, width] = this.place();
    const isUnplayable = this.#unplayable === url;
    if (isUnplayable && !(wav?.start === start && wav.length === width)) {
      this.#sound.pause();
      this.#awaited = true;
      this.ask();
      this.#follow();
      return;
    }
    const source = isUnplayable && wav ? wav.url : url;
    const sound = this.#sound;
    if (sound.getAttribute("src") !== source) sound.src = source;
    sound.currentTime = isUnplayable ? 0 : start;
    try {
      await sound.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotSupportedError" || isUnplayable) return;
      this.#unplayable = url;
      this.begin();
    }
  }

  /** The server has answered, with a WAV or without. */
  answered() {
    const { wav } = this.recording();
    if (!this.#awaited || wav === undefined) return;
    this.#awaited = false;
    if (wav) this.begin();
  }

  /** The place that is heard, and the end of the stretch. */
  #follow() {
    cancelAnimationFrame(this.#frame);
    const sound = this.#sound;
    const [from, to] = ends(...this.place());
    const isStretch = this.recording().wav?.url === sound.getAttribute("src");
    const now = sound.currentTime + (isStretch ? from : 0);
    const isPlaying = !sound.paused && !sound.ended;
    if (isPlaying && now >= to) {
      sound.pause();
      return;
    }
    this.show(isPlaying || this.#awaited, isPlaying ? now : null);
    if (isPlaying) this.#frame = requestAnimationFrame(() => this.#follow());
  }
}
