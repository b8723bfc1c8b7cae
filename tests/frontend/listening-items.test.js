import assert from "node:assert/strict";
import { test } from "node:test";

import { itemsOf } from "../../styletransfer/web/frontend/listening-items.js";

/** @typedef {import("../../styletransfer/web/frontend/types.js").Entry} Entry */

const clip = (/** @type {string} */ name) => ({ name, url: `${name}.wav`, lufs: -20, digest: name });

/**
 * @param {string} name
 * @param {string} content
 * @param {number} strength
 * @returns {Entry}
 */
const entry = (name, content, strength) => ({
  ...{ ...clip(name), key: name, series: "", strength, preset: "balanced", figures: [], file_name: `${name}.wav` },
  settings: { strength, seed: 3 },
  content: clip(content),
  styles: [clip("rain"), clip("wind")],
  mix: clip("both together"),
});

/** @type {import("../../styletransfer/web/frontend/visit-entries.js").Fields} */
const fields = {
  labels: [
    ["strength", "Strength"],
    ["seed", "Seed"],
  ],
  front: ["strength"],
};

test("results of the same recordings are one item, and called what the visitor calls them", () => {
  const items = itemsOf([entry("Soft", "voice", 20), entry("Hard", "voice", 90)], fields);
  assert.deepEqual(items, [
    {
      label: "1: voice as rain + wind",
      sounds: { Soft: "Soft.wav", Hard: "Hard.wav" },
      references: { content: "voice.wav", style: "rain.wav" },
    },
  ]);
});

test("several recordings made in the same ways are items of these ways", () => {
  const given = [entry("a", "voice", 20), entry("b", "voice", 90), entry("c", "drums", 90), entry("d", "drums", 20)];
  const items = itemsOf(given, fields) ?? [];
  assert.deepEqual(
    items.map(({ sounds }) => sounds),
    [
      { "Strength 20": "a.wav", "Strength 90": "b.wav" },
      { "Strength 90": "c.wav", "Strength 20": "d.wav" },
    ],
  );
});

test("one way over several recordings is called by its preset", () => {
  const items = itemsOf([entry("a", "voice", 90), entry("b", "drums", 90)], fields) ?? [];
  assert.deepEqual(
    items.map(({ sounds }) => sounds),
    [{ balanced: "a.wav" }, { balanced: "b.wav" }],
  );
});

test("what was made in different ways of different recordings is no test", () => {
  assert.equal(itemsOf([entry("a", "voice", 20), entry("b", "drums", 90)], fields), null);
  assert.equal(itemsOf([entry("a", "voice", 90), entry("b", "voice", 90), entry("c", "drums", 90)], fields), null);
});
