/** What the deck plays, made of the entries of results. */

import { MAX_SOURCES, aboutOf } from "./visit-entries.js";

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Source} Source */

const MOST_EARLIER = 3;

/**
 * The newest, with all others of its series.
 * @param {Entry[]} kept
 */
export function lastOf(kept) {
  const last = kept[kept.length - 1];
  return last.series ? kept.filter(({ series }) => series === last.series) : [last];
}

/**
 * The lanes.
 * @param {Entry[]} made a result, or several of one series, weakest first
 * @param {number} place of the slider between several
 * @param {Entry[]} kept results of the visit, oldest first
 * @returns {Source[]}
 */
export function sourcesOf(made, place, kept) {
  const [{ content, styles, mix }] = made;
  const sounds = made.map(({ strength, url, lufs }) => ({ name: String(strength), url, lufs }));
  const result = {
    ...sounds[0],
    ...(sounds.length > 1 ? { sounds, place } : {}),
    role: /** @type {const} */ ("result"),
  };
  /** @type {Source[]} */
  const sources = [
    { ...result, name: "Result", about: aboutOf(made[0]) },
    { ...content, name: "Original", about: content.name, role: "content" },
    ...styles.map((style) => ({ ...style, name: "Style", about: style.name, role: /** @type {const} */ ("style") })),
    { ...mix, name: "Both together", role: "mix" },
  ];
  const own = new Set(made.map(({ key }) => key));
  const earlier = kept.filter(({ key }) => !own.has(key)).reverse();
  for (const entry of earlier.slice(0, MOST_EARLIER)) {
    const { name, url, lufs } = entry;
    sources.push({ name, about: aboutOf(entry), url, lufs, role: "result", isEarlier: true });
  }
  return sources.slice(0, MAX_SOURCES);
}
