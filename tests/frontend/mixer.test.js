import assert from "node:assert/strict";
import { test } from "node:test";

import { between, matchedLevels } from "../../styletransfer/web/frontend/mixer.js";

test("every source is brought down to the quietest", () => {
  const levels = matchedLevels([-20, -26, -14]);
  const decibels = levels.map((level) => 20 * Math.log10(level));
  [-6, 0, -12].forEach((expected, i) => assert.ok(Math.abs(decibels[i] - expected) < 1e-9));
});

test("silence is left alone, and brings nobody down", () => {
  assert.deepEqual(matchedLevels([-20, null, -20]), [1, 1, 1]);
  assert.deepEqual(matchedLevels([null, null]), [1, 1]);
});

test("one source is heard, or two neighbours that add up to one", () => {
  assert.deepEqual(between(1, 3), [0, 1, 0]);
  assert.deepEqual(between(1.25, 4), [0, 0.75, 0.25, 0]);
  for (let index = 0; index <= 4; index += 0.05) {
    const sum = between(index, 5).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 1) < 1e-12, `${sum} at ${index}`);
  }
});
