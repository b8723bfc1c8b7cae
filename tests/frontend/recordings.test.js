import assert from "node:assert/strict";
import { test } from "node:test";

import { peaks } from "../../styletransfer/web/frontend/recordings.js";

test("the largest magnitude of each part, at a level", () => {
  const samples = Float32Array.from([0, 0.5, -0.75, 0.25, 0.125, -0.125]);
  assert.deepEqual([...peaks([samples], 3, 1)], [0.5, 0.75, 0.125]);
  assert.deepEqual([...peaks([samples], 3, 0.5)], [0.25, 0.375, 0.0625]);
});

test("no sample is left out, however the parts fall", () => {
  const samples = new Float32Array(7);
  for (let i = 0; i < samples.length; i++) {
    samples.fill(0);
    samples[i] = -1;
    assert.equal(Math.max(...peaks([samples], 3, 1)), 1, `sample ${i}`);
  }
});

test("there are as many parts as asked for, of fewer samples too", () => {
  assert.deepEqual([...peaks([Float32Array.from([0.5, -1])], 4, 1)], [0.5, 0.5, 1, 1]);
});

test("the louder channel is what is seen", () => {
  const channels = [Float32Array.from([0.5, 0, 0, 0.25]), Float32Array.from([0, -0.75, 0.125, 0])];
  assert.deepEqual([...peaks(channels, 2, 1)], [0.75, 0.25]);
});
