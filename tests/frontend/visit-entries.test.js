import assert from "node:assert/strict";
import { test } from "node:test";

import * as entries from "../../styletransfer/web/frontend/visit-entries.js";

/** @typedef {import("../../styletransfer/web/frontend/types.js").Entry} Entry */

const clip = (/** @type {string} */ name, digest = name) => ({ name, url: `${digest}.wav`, lufs: -20, digest });

/**
 * An entry of a result.
 * @param {string} key
 * @param {{ style?: { name: string, url: string, lufs: number, digest: string }, settings?: Record<string, unknown> }} [given]
 * @returns {Entry}
 */
const entry = (key, { style = clip("rain"), settings = {} } = {}) => ({
  ...{ ...clip(key), key, series: "", strength: 90, preset: "balanced", figures: [], file_name: `${key}.wav` },
  settings: { strength: 90, seed: 3, style_weights: [], ...settings },
  content: clip("voice"),
  styles: [style],
  mix: clip("both together"),
});

/** @type {import("../../styletransfer/web/frontend/visit-entries.js").Fields} */
const fields = {
  labels: [
    ["strength", "Strength"],
    ["seed", "Seed"],
    ["style_weights", "Weights"],
  ],
  front: ["strength"],
};

test("names count up and are numbered where they are taken", () => {
  assert.equal(entries.nameFor("", []), "Result 1");
  assert.equal(entries.nameFor("", ["Result 2", "Strength 0"]), "Result 3");
  assert.equal(entries.nameFor("", ["Rain", "Wind"]), "Result 3");
  assert.equal(entries.nameFor("Strength 25", []), "Strength 25");
  assert.equal(entries.nameFor("Strength 25", ["Strength 25", "Strength 25 (2)"]), "Strength 25 (3)");
});

test("a name that somebody typed is one line, and not too long", () => {
  assert.equal(entries.cleanName("  Soft \n rain/../drums\u0000  "), "Soft rain/../drums");
  assert.equal(entries.cleanName(" \t "), "");
  assert.equal(entries.cleanName("x".repeat(999)).length, entries.MAX_NAME_CHARACTERS);
});

test("a download is called as its result, in letters that all systems take", () => {
  assert.equal(entries.fileNameOf("Rain <on> tin 1", "x.wav"), "rain-on-tin-1.wav");
  assert.equal(entries.fileNameOf("Soft rain/../Trömmel", "x.wav"), "soft-rain-trömmel.wav");
  assert.equal(entries.fileNameOf("???", "x.wav"), "x.wav");
});

test("what differs is told, and of a single result what stands in front", () => {
  const two = [entry("a"), entry("b", { settings: { strength: 12.5, style_weights: [2, 1] } })];
  const told = entries.differences(two, fields);
  assert.deepEqual(told.get("a"), [
    ["Strength", "90"],
    ["Weights", "equal"],
  ]);
  assert.deepEqual(told.get("b"), [
    ["Strength", "12.5"],
    ["Weights", "2 : 1"],
  ]);
  assert.deepEqual(entries.differences([two[1]], fields).get("b"), [["Strength", "12.5"]]);
  const others = [entry("a"), entry("b", { style: clip("wind") })];
  assert.deepEqual(entries.differences(others, fields).get("b"), [["Style", "wind"]]);
  assert.deepEqual([...entries.differences([entry("a"), entry("b")], fields).values()], [[], []]);
});

test("the player gets every recording once", () => {
  const names = (/** @type {{ name: string }[]} */ sources) => sources.map(({ name }) => name);
  const both = ["content", "style"];
  assert.deepEqual(names(entries.comparedSources([entry("a"), entry("b")], both)), ["a", "b", "Content", "Style"]);
  const others = [entry("a"), entry("b", { style: clip("wind") }), entry("c", { style: clip("rain", "later") })];
  assert.deepEqual(names(entries.comparedSources(others, ["style"])).slice(3), [
    "Style: rain",
    "Style: wind",
    "Style: rain (2)",
  ]);
});

test("the oldest results go, as many as are needed", () => {
  const kept = [5, 1, 3].map((order) => ({ order, bytes: 10 }));
  const going = (/** @type {number} */ needed) => entries.oldestToGo(kept, needed).map(({ order }) => order);
  assert.deepEqual(going(1), [1]);
  assert.deepEqual(going(11), [1, 3]);
  assert.deepEqual(going(1000), [1, 3, 5]);
});

test("an amount is told in the unit that fits", () => {
  assert.deepEqual([0, 5e5, 14.2e6, 2.34e9].map(entries.amount), ["nothing", "less than 1 MB", "14 MB", "2.3 GB"]);
});

test("the place of what goes is taken by what follows it, or else by what comes before it", () => {
  const before = ["a", "b", "c", "d"];
  assert.equal(entries.successor(before, "b", ["a", "c", "d"]), "c");
  assert.equal(entries.successor(before, "d", ["a", "b", "c"]), "c");
  assert.equal(entries.successor(before, "b", ["a", "d"]), "d");
  assert.equal(entries.successor(["a"], "a", []), null);
});
