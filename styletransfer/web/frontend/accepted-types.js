/**
 * Recordings of all kinds that the server reads: Gradio's recorders would take audio types alone, and phones, cameras
 * and browsers record sound into what they call video, or into files that have no type at all.
 */

import { config } from "./config.js";

const RECORDERS = ".st-content, .st-style";

/**
 * Whether a file's name ends like that of a recording.
 * @param {string} name
 * @param {string[]} endings
 */
export function isRecording(name, endings) {
  return endings.some((ending) => name.toLowerCase().endsWith(ending));
}

/**
 * The same files, said to be sound where their names say so: Gradio looks at the type, the server at the first bytes.
 * @param {FileList} files
 */
function asSound(files) {
  const transfer = new DataTransfer();
  for (const file of files) {
    const isOther = !file.type.startsWith("audio/") && isRecording(file.name, config().endings);
    transfer.items.add(isOther ? new File([file], file.name, { type: "audio/x-recording" }) : file);
  }
  return transfer.files;
}

/** @param {EventTarget | null} target */
function inputBeside(target) {
  const input = target instanceof Element && target.closest(RECORDERS)?.querySelector("input[type=file]");
  return input instanceof HTMLInputElement ? input : null;
}

/** Has recorders offer and take all kinds, in the file dialog and dropped. */
export function start() {
  const before = (/** @type {string} */ type, /** @type {(event: any) => void} */ heard) =>
    document.addEventListener(type, heard, true);
  before("click", ({ target }) => {
    const input = inputBeside(target);
    if (input) input.accept = ["audio/*", "video/*", ...config().endings].join(",");
  });
  before("change", ({ target }) => {
    const input = inputBeside(target);
    if (input && input === target && input.files) input.files = asSound(input.files);
  });
  before("drop", (event) => {
    const input = inputBeside(event.target);
    if (!input || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // Gradio no longer waits for a drop
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
