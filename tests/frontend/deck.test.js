import assert from "node:assert/strict";
import { test } from "node:test";

import { lastOf, sourcesOf } from "../../styletransfer/web/frontend/deck-sources.js";

/** @typedef {import("../../styletransfer/web/frontend/types.js").Entry} Entry */

const clip = (/** @type {string} */ name) => ({ name, url: `${name}.wav`, lufs: -20, digest: name });

/**
 * An entry of a result.
 * @param {string} key
 * @returns {Entry}
 */
const entry = (key, { strength = 90, series = "", styles = ["trumpet"] } = {}) => ({
  ...{ ...clip(key), key, series, strength, settings: {}, preset: "balanced", figures: [], file_name: `${key}.wav` },
  content: clip("piano"),
  styles: styles.map(clip),
  mix: clip("both together"),
});

const names = (/** @type {{ name: string }[]} */ sources) => sources.map(({ name }) => name);

test("one result has the original, the style and both beside it", () => {
  const sources = sourcesOf([entry("a")], 0, []);
  assert.deepEqual(names(sources), ["Result", "Original", "Style", "Both together"]);
  assert.equal(sources[0].about, "piano as trumpet");
  assert.equal(sources[0].sounds, undefined);
});

test("several strengths are one lane", () => {
  const made = [0, 50, 100].map((strength) => entry(`s${strength}`, { strength, series: "x" }));
  const [result] = sourcesOf(made, 1, made);
  assert.deepEqual(names(result.sounds ?? []), ["0", "50", "100"]);
  assert.equal(result.place, 1);
  assert.equal(sourcesOf(made, 1, made).length, 4, "a strength of the series came as a result of before");
});

test("the newest other results of the visit follow", () => {
  const kept = ["a", "b", "c", "d", "e"].map((key) => entry(key));
  const sources = sourcesOf([kept[4]], 0, kept);
  assert.deepEqual(names(sources).slice(4), ["d", "c", "b"]);
  assert.deepEqual(
    sources.map(({ isEarlier = false }) => isEarlier),
    [false, false, false, false, true, true, true],
  );
});

test("there are no more lanes than keys", () => {
  const kept = ["a", "b", "c", "d"].map((key) => entry(key, { styles: ["w", "x", "y", "z"] }));
  assert.equal(sourcesOf([kept[3]], 0, kept).length, 9);
});

test("after a reload the newest result is there, with its series", () => {
  const series = [0, 100].map((strength) => entry(`s${strength}`, { strength, series: "x" }));
  assert.deepEqual(lastOf([entry("a"), ...series]), series);
  assert.deepEqual(lastOf([...series, entry("a")]), [entry("a")]);
});
