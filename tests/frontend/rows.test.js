import assert from "node:assert/strict";
import { test } from "node:test";

import { choicesOf, matches, sorted } from "../../styletransfer/grid/report/frontend/rows.js";

/** @typedef {import("../../styletransfer/grid/report/frontend/report-types.js").Run} Run */

/**
 * @param {[string, number | null][]} cells
 * @param {string[]} notes
 */
const run = (cells, ...notes) => /** @type {Run} */ (/** @type {unknown} */ ({ cells, notes }));

const RUNS = [
  run(
    [
      ["take 10", null],
      ["9 %", 0.09],
    ],
    "Too quiet.",
  ),
  run([
    ["take 9", null],
    ["n/a", null],
  ]),
  run([
    ["Take 1", null],
    ["59 %", 0.59],
  ]),
];

/** @param {Run[]} runs */
const firsts = (runs) => runs.map(({ cells: [[text]] }) => text);

test("numbers are sorted by value, and what has none comes last either way", () => {
  assert.deepEqual(firsts(sorted(RUNS, 1, true, false)), ["take 10", "Take 1", "take 9"]);
  assert.deepEqual(firsts(sorted(RUNS, 1, true, true)), ["Take 1", "take 10", "take 9"]);
});

test("text is sorted as people sort it", () => {
  assert.deepEqual(firsts(sorted(RUNS, 0, false, false)), ["Take 1", "take 9", "take 10"]);
  assert.deepEqual(firsts(sorted(RUNS, 0, false, true)), ["take 10", "take 9", "Take 1"]);
});

test("all words are looked for, in cells and notes, and what is chosen", () => {
  const found = (/** @type {string} */ words, /** @type {[number, string][]} */ ...chosen) =>
    firsts(RUNS.filter((each) => matches(each, words, new Map(chosen))));
  assert.deepEqual(found(""), ["take 10", "take 9", "Take 1"]);
  assert.deepEqual(found("TAKE quiet"), ["take 10"]);
  assert.deepEqual(found("take loud"), []);
  assert.deepEqual(found("", [0, "take 9"]), ["take 9"]);
  assert.deepEqual(found("", [0, ""]), ["take 10", "take 9", "Take 1"]);
});

test("a column of one text has nothing to choose", () => {
  assert.deepEqual(choicesOf(RUNS, 0), ["Take 1", "take 9", "take 10"]);
  assert.deepEqual(choicesOf([RUNS[0], RUNS[0]], 0), []);
});
