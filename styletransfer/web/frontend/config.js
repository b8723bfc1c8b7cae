/** What Python tells the scripts (`script_config` in page.py), from the page's head. */

/**
 * @typedef {object} Config
 * @property {string} serverId no other server has it
 * @property {number} sampleRateHz of all results
 * @property {string[]} endings of files that are read as recordings
 * @property {number} maxChosen results that are compared at a time
 * @property {import("./visit-entries.js").Fields} fields of settings
 * @property {import("./sharing.js").Known} sharing
 * @property {import("./page-keeper.js").Known} keeping
 * @property {import("./listening-maker.js").Known} listening
 */

/** @type {Config | null} */
let read = null;

/** @returns {Config} */
export function config() {
  read ??= JSON.parse(document.getElementById("st-config")?.textContent ?? "{}");
  return /** @type {Config} */ (read);
}
