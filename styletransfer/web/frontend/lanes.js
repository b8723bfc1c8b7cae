/**
 * The lanes of a player. Each is chosen with a button of its own and has one recording, or several that follow one
 * another, with a slider between neighbours. Weights are of all recordings, lane by lane.
 */

import { between, matchedLevels } from "./mixer.js";

/** @typedef {import("./types.js").Lane} Lane */
/** @typedef {import("./types.js").Source} Source */

/**
 * What is told of a player's sources as lanes: most have one recording.
 * @param {Source[]} sources
 * @returns {Lane[]}
 */
export function lanesOf(sources) {
  let first = 0;
  return sources.map(({ name, url, lufs, about = "", place = 0, isEarlier = false, role, ...source }) => {
    const sounds = source.sounds ?? [{ name, url, lufs }];
    const lane = { name, about, role, sounds, place, isEarlier, first };
    first += sounds.length;
    return lane;
  });
}

/** @param {Lane[]} lanes */
export const soundsOf = (lanes) => lanes.flatMap(({ sounds }) => sounds);

/** @param {Lane[]} lanes */
export const seriesOf = (lanes) => lanes.find(({ sounds }) => sounds.length > 1) ?? null;

/** @param {Lane[]} lanes */
export const originalOf = (lanes) => lanes.find(({ role }) => role === "content") ?? null;

/**
 * The result that was made of the original.
 * @param {Lane[]} lanes
 */
export const resultOf = (lanes) => lanes.find(({ role, isEarlier }) => role === "result" && !isEarlier) ?? null;

/**
 * Gains by which all sounds are as loud, lane by lane.
 * @param {Lane[]} lanes
 * @param {(i: number) => number} highestOf the highest magnitude of a sound
 */
export function levelsOf(lanes, highestOf) {
  const isGuest = lanes.flatMap(({ sounds, isEarlier }) => sounds.map(() => isEarlier));
  const lufs = soundsOf(lanes).map((sound) => sound.lufs);
  return matchedLevels(lufs, isGuest, highestOf);
}

/**
 * Gains that mix a result with the original and leave it as loud as it was.
 * @param {number} share of the result, 0 to 1
 * @param {number} likeness of the two, the correlation of their samples, -1 to 1
 */
export function blendGains(share, likeness) {
  const [wet, dry] = [share, 1 - share];
  const power = wet * wet + dry * dry + 2 * wet * dry * Math.max(likeness, 0);
  return { wet: wet / Math.sqrt(power), dry: dry / Math.sqrt(power) };
}

/**
 * Weights by which one lane is heard.
 * @param {Lane[]} lanes
 * @param {Lane} heard
 * @param {number} place between the recordings of a lane that has several
 * @param {{ wet: number, dry: number }} [gains] of a result, and of the original under it
 */
export function weightsOf(lanes, heard, place, gains = { wet: 1, dry: 0 }) {
  const weights = soundsOf(lanes).map(() => 0);
  const original = originalOf(lanes);
  const isBlended = heard === resultOf(lanes) && original !== null;
  between(heard.sounds.length > 1 ? place : 0, heard.sounds.length).forEach((weight, i) => {
    weights[heard.first + i] = weight * (isBlended ? gains.wet : 1);
  });
  if (isBlended && original) weights[original.first] += gains.dry;
  return weights;
}

/**
 * The correlation of two recordings, of at most so many of their samples.
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
export function likeness(a, b, most = 1 << 19) {
  const step = Math.max(1, Math.floor(a.length / most));
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += step) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa && bb ? ab / Math.sqrt(aa * bb) : 0;
}
