/**
 * Copies a link to the settings, or saves them as a file: both in the browser, so that they work at once while a
 * transfer runs, and a copy follows the click as browsers ask.
 *
 * `copyLink` and `saveFile` take the preset, then the values of all controls, styles and weights, and return the link,
 * for the field that shows it.
 */

import { config } from "./config.js";
import { keepAddress } from "./page-keeper.js";
import { save } from "./saving.js";

/**
 * @typedef {Record<string, unknown>} Settings
 * @typedef {object} Known
 * @property {string[]} names of the settings that have a control, in the order of their values
 * @property {number} maxStyles
 * @property {string} version
 * @property {Record<string, Settings>} presets
 */

const FILE_NAME = "style-transfer-settings.json";

/**
 * @param {string} preset
 * @param {unknown[]} values
 */
export function copyLink(preset, ...values) {
  const known = config().sharing;
  const link = linkTo(location.href, known, preset, settingsOf(known, values));
  history.replaceState(history.state, "", link);
  keepAddress();
  // Browsers have no clipboard for pages that came without encryption from another machine.
  if (navigator.clipboard) navigator.clipboard.writeText(link).catch(() => copyByHand(link));
  else copyByHand(link);
  return link;
}

/**
 * @param {string} preset
 * @param {unknown[]} values
 */
export function saveFile(preset, ...values) {
  const known = config().sharing;
  const settings = settingsOf(known, values);
  const content = JSON.stringify({ styletransfer: known.version, preset, settings }, null, 2) + "\n";
  save(new Blob([content], { type: "application/json" }), FILE_NAME);
  return linkTo(location.href, known, preset, settings);
}

/**
 * Settings by name. Weights count where there is a style, and only if they are not all the same.
 * @param {Known} known
 * @param {unknown[]} values of all controls, styles and weights
 * @returns {Settings}
 */
export function settingsOf({ names, maxStyles }, values) {
  const styles = values.slice(names.length, names.length + maxStyles);
  const weights = values.slice(names.length + maxStyles).filter((_, i) => styles[i]);
  /** @type {Settings} */
  const settings = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  settings.style_weights = new Set(weights).size > 1 ? weights : [];
  return settings;
}

/**
 * The page's address with the preset and what differs from it, and whatever else its query has.
 * @param {string} address
 * @param {Known} known
 * @param {string} preset
 * @param {Settings} settings
 */
export function linkTo(address, { names, presets }, preset, settings) {
  const link = new URL(address);
  link.hash = "";
  for (const name of [...names, "style_weights", "preset"]) link.searchParams.delete(name);
  link.searchParams.set("preset", preset);
  for (const [name, value] of Object.entries(settings)) {
    // An empty box has nothing to say.
    if (value === null || value === "") continue;
    // Melody is always told: a link without it is from before, when strength was another scale.
    if (name !== "melody" && String(value) === String(presets[preset][name])) continue;
    link.searchParams.set(name, String(value));
  }
  // Commas are allowed in a query, and easier to read.
  return link.href.replaceAll("%2C", ",");
}

/** @param {string} text */
function copyByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
