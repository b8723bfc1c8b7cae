/** Results of the visit as the items of a listening test: what was made of the same recordings is compared. */

import { aboutOf, inWords } from "./visit-entries.js";

/** @typedef {import("./types.js").Entry} Entry */

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {Record<string, string>} sounds address of the sound of each way, by the way's name
 * @property {{ content: string, style: string }} references addresses
 */

export const UNEVEN =
  "These results are of several recordings, made in different ways. Choose the same settings for each of the " +
  "recordings, or results of one content and style.";

/**
 * The items of a test of these results; null where they do not make one: see UNEVEN.
 * @param {Entry[]} entries
 * @param {import("./visit-entries.js").Fields} fields
 * @returns {Item[] | null}
 */
export function itemsOf(entries, fields) {
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  for (const entry of entries) {
    const recordings = [entry.content, ...entry.styles].map(({ digest }) => digest).join(" ");
    groups.set(recordings, [...(groups.get(recordings) ?? []), entry]);
  }
  const isOne = groups.size === 1;
  const wayOf = isOne ? (/** @type {Entry} */ { name }) => name : waysOf(entries, fields);
  const items = [...groups.values()].map((group, i) => itemOf(group, i, wayOf));
  const ways = items.map(({ sounds }) => Object.keys(sounds).toSorted().join("\n"));
  const isEven = ways.every((each) => each === ways[0]) && items.every(({ sounds }, i) => isWhole(sounds, i));
  return isEven ? items : null;

  /**
   * Whether no two results of a group are made in one way.
   * @param {Item["sounds"]} sounds
   * @param {number} i
   */
  function isWhole(sounds, i) {
    return Object.keys(sounds).length === [...groups.values()][i].length;
  }
}

/**
 * @param {Entry[]} group
 * @param {number} i
 * @param {(entry: Entry) => string} wayOf
 * @returns {Item}
 */
function itemOf(group, i, wayOf) {
  const [{ content, styles }] = group;
  return {
    label: `${i + 1}: ${aboutOf(group[0])}`,
    sounds: Object.fromEntries(group.map((entry) => [wayOf(entry), entry.url])),
    references: { content: content.url, style: styles[0].url },
  };
}

/**
 * What results of several recordings are told apart by: the settings that differ.
 * @param {Entry[]} entries
 * @param {import("./visit-entries.js").Fields} fields
 * @returns {(entry: Entry) => string}
 */
function waysOf(entries, { labels }) {
  const differing = labels.filter(([name]) => new Set(entries.map(({ settings }) => inWords(settings[name]))).size > 1);
  return ({ settings, preset }) =>
    differing.map(([name, label]) => `${label} ${inWords(settings[name])}`).join(", ") || preset || "the results";
}
