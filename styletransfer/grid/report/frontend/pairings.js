/** The runs of a grid by their recordings, and what a player plays of those that have the same. */

import { MAX_SOURCES, aboutOf } from "./visit-entries.js";

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 * @typedef {import("./report-types.js").Run} Run
 * @typedef {import("./types.js").Source} Source
 */

/**
 * In the order of the runs.
 * @param {Grid} grid
 * @returns {Pairing[]}
 */
export function pairingsOf({ runs, recordings }) {
  /** @type {Map<string, Pairing>} */
  const found = new Map();
  for (const run of runs) {
    const key = [run.content, ...run.styles].join("-");
    const [content, ...styles] = [run.content, ...run.styles].map((place) => recordings[place]);
    const title = aboutOf(/** @type {import("./types.js").Entry} */ ({ content, styles }));
    const pairing = found.get(key) ?? { key, title, content, styles, runs: [] };
    pairing.runs.push(run);
    found.set(key, pairing);
  }
  return [...found.values()];
}

/**
 * How many runs a player takes beside the recordings.
 * @param {Pairing} pairing
 */
export const roomFor = ({ styles }) => MAX_SOURCES - 1 - styles.length;

/**
 * The runs that are heard at first: so many from the beginning, or the last ones that include a wanted one.
 * @param {Pairing} pairing
 * @param {Run} [wanted]
 */
export function firstHeard(pairing, wanted) {
  const playable = pairing.runs.filter(({ url }) => url);
  const end = Math.max(roomFor(pairing), wanted ? playable.indexOf(wanted) + 1 : 0);
  return playable.slice(Math.max(0, end - roomFor(pairing)), end);
}

/**
 * The lanes of a player: the recordings, then these runs.
 * @param {Pairing} pairing
 * @param {Run[]} heard
 * @returns {Source[]}
 */
export function lanesFor({ content, styles }, heard) {
  /** @type {Source[]} */
  const lanes = [
    { ...content, name: "Content", about: content.name, role: "content" },
    ...styles.map((style) => ({ ...style, name: "Style", about: style.name, role: /** @type {const} */ ("style") })),
    ...heard.map(({ way, url, lufs }) => ({ name: way, url, lufs, role: /** @type {const} */ ("result") })),
  ];
  return lanes.filter(({ url }) => url);
}
