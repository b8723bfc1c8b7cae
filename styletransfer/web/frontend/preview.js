/**
 * The player of previews.
 *
 * The progress holds `<span data-preview=address>` while a transfer runs. What plays is a copy in memory, so the server
 * may remove its file. A newer preview is taken up when the one that plays ends or is paused, at the same position in
 * the sound, or at once when the visitor asks for it. When the transfer is over, what plays is played to its end, and
 * then the player goes.
 */

import { part } from "./elements.js";
import { announce } from "./exclusive-playback.js";

/** @param {Pick<import("./types.js").Component, "element">} component */
export function mount({ element }) {
  const progress = document.querySelector("#progress");
  if (!progress) throw new Error("The page has no progress to follow.");
  new Preview(element, progress);
}

class Preview {
  #sound = new Audio();
  #offered = ""; // address of the newest preview
  #loaded = ""; // address of the one in #sound
  /** @type {Promise<boolean> | null} */
  #loading = null;

  /**
   * @param {Element} element
   * @param {Element} progress
   */
  constructor(element, progress) {
    this.box = part(element, ".st-preview", HTMLElement);
    this.play = part(element, ".st-preview-play", HTMLButtonElement);
    this.newer = part(element, ".st-preview-newer", HTMLButtonElement);
    this.slider = part(element, "input", HTMLInputElement);
    this.position = part(element, "output", HTMLOutputElement);
    this.progress = progress;
    this.#connect();
    this.#look();
  }

  #connect() {
    const sound = this.#sound;
    this.play.addEventListener("click", () => (sound.paused ? this.#start() : sound.pause()));
    this.newer.addEventListener("click", () => this.#start());
    this.slider.addEventListener("input", () => {
      if (sound.duration) sound.currentTime = (Number(this.slider.value) / 1000) * sound.duration;
      this.#show();
    });
    for (const event of ["play", "timeupdate", "seeked"]) sound.addEventListener(event, () => this.#show());
    sound.addEventListener("pause", () => {
      if (!sound.ended && this.#offered) this.#loadOnce();
      if (!this.#offered) this.#forget();
      this.#show();
    });
    sound.addEventListener("ended", () => {
      if (this.#offered) {
        this.#start();
        return;
      }
      this.#forget();
      this.#show();
    });
    document.addEventListener("st-playing", ({ detail }) => {
      if (detail !== sound) sound.pause();
    });
    sound.addEventListener("play", () => announce(sound));
    // Gradio changes in place what stays alike: often the attribute alone is new.
    const changes = { attributes: true, childList: true, subtree: true };
    new MutationObserver(() => this.#look()).observe(this.progress, changes);
  }

  /** Puts the newest preview into the sound, at the position where it was. False if there is none any more. */
  async #load() {
    const [sound, offered] = [this.#sound, this.#offered];
    if (!offered || offered === this.#loaded) return this.#loaded !== "";
    const answer = await fetch(offered).catch(() => null);
    if (!answer?.ok) return this.#loaded !== ""; // replaced in the meantime: the next one is on its way
    const url = URL.createObjectURL(await answer.blob());
    const at = sound.ended ? 0 : sound.currentTime;
    if (sound.src) URL.revokeObjectURL(sound.src);
    sound.src = url;
    await new Promise((done) => {
      sound.onloadedmetadata = sound.onerror = done;
    });
    sound.currentTime = Math.min(at, sound.duration || 0);
    this.#loaded = offered;
    this.#show();
    return true;
  }

  /** One load at a time. */
  #loadOnce() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #start() {
    if (await this.#loadOnce()) await this.#sound.play().catch(() => {});
    this.#show();
  }

  #show() {
    const { paused, ended, currentTime } = this.#sound;
    const playing = !paused && !ended;
    this.play.setAttribute("aria-pressed", String(playing));
    this.newer.hidden = !(playing && this.#offered && this.#offered !== this.#loaded);
    const length = this.#sound.duration || 0;
    if (document.activeElement !== this.slider || playing) {
      this.slider.value = String(length ? (1000 * currentTime) / length : 0);
    }
    this.slider.disabled = !length;
    const [now, whole] = [currentTime.toFixed(1), length.toFixed(1)];
    this.slider.setAttribute("aria-valuetext", `${now} of ${whole} seconds`);
    this.position.textContent = length ? `${now} of ${whole} s` : "";
    this.box.hidden = !this.#offered && !playing;
  }

  /** Forgets a transfer that is over, so that the next one begins with nothing. */
  #forget() {
    this.#sound.pause();
    if (this.#sound.src) URL.revokeObjectURL(this.#sound.src);
    this.#sound.removeAttribute("src");
    this.#loaded = "";
  }

  #look() {
    const shown = this.progress.querySelector("[data-preview]");
    const offered = shown instanceof HTMLElement ? (shown.dataset.preview ?? "") : "";
    if (offered === this.#offered) return;
    this.#offered = offered;
    if (!offered && this.#sound.paused) this.#forget();
    this.#show();
  }
}
