/**
 * Recordings of all kinds that the server reads, dropped anywhere on a recorder or chosen: Gradio's recorders would take
 * audio types alone, and only while they are empty; phones, cameras and browsers record sound into what they call
 * video, or into files that have no type at all. Whatever comes is put in its place by take.js.
 */

import { config } from "./config.js";
import { place } from "./take.js";

const RECORDER = ".st-recorder";
const OVER = "st-over";

/** @param {EventTarget | null} target */
const recorderOf = (target) => (target instanceof Element ? target.closest(RECORDER) : null);

/** @param {Event} event */
function end(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** Has recorders offer and take all kinds, in the file dialog and dropped. */
export function start() {
  const before = (/** @type {string} */ type, /** @type {(event: any) => void} */ heard) =>
    document.addEventListener(type, heard, true);

  before("click", ({ target }) => {
    const input = target instanceof HTMLInputElement ? target : recorderOf(target)?.querySelector("input[type=file]");
    if (!(input instanceof HTMLInputElement) || input.type !== "file" || !recorderOf(input)) return;
    input.accept = ["audio/*", "video/*", ...config().endings].join(",");
  });
  before("change", (event) => {
    const { target } = event;
    const file = target instanceof HTMLInputElement && target.type === "file" ? target.files?.[0] : null;
    if (file && recorderOf(target) && place(target, file)) end(event);
  });
  before("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const recorder = recorderOf(event.target);
    for (const other of document.querySelectorAll(`.${OVER}`)) other.classList.toggle(OVER, other === recorder);
    recorder?.classList.add(OVER);
    if (recorder) end(event);
  });
  before("dragleave", ({ target, relatedTarget }) => {
    const recorder = recorderOf(target);
    if (recorder !== recorderOf(relatedTarget)) recorder?.classList.remove(OVER);
  });
  before("drop", (event) => {
    const recorder = recorderOf(event.target);
    const file = event.dataTransfer?.files[0];
    recorder?.classList.remove(OVER);
    if (file && recorder && place(recorder, file)) end(event);
  });
  // Beside a recorder a file would be opened in place of the page.
  for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
}
