import assert from "node:assert/strict";
import { test } from "node:test";

import {
  blendGains,
  lanesOf,
  levelsOf,
  likeness,
  seriesOf,
  soundsOf,
  weightsOf,
} from "../../styletransfer/web/frontend/lanes.js";

const sound = (/** @type {string} */ name) => ({ name, url: `${name}.wav`, lufs: -20 });
const lanes = lanesOf([
  { ...sound("Result"), role: "result", sounds: ["0", "50", "100"].map(sound) },
  { ...sound("Original"), role: "content" },
  { ...sound("Style"), role: "style" },
]);

test("a lane knows its sounds among those of all", () => {
  assert.deepEqual(
    lanes.map(({ first }) => first),
    [0, 3, 4],
  );
  assert.deepEqual(
    soundsOf(lanes).map(({ name }) => name),
    ["0", "50", "100", "Original", "Style"],
  );
  assert.equal(seriesOf(lanes), lanes[0]);
  assert.equal(seriesOf(lanes.slice(1)), null);
});

test("one lane is heard, of several sounds those beside the slider", () => {
  assert.deepEqual(weightsOf(lanes, lanes[2], 1), [0, 0, 0, 0, 1]);
  assert.deepEqual(weightsOf(lanes, lanes[0], 1.25), [0, 0.75, 0.25, 0, 0]);
});

test("a mixture has the original under the result, and other lanes are as they are", () => {
  const gains = { wet: 0.8, dry: 0.6 };
  assert.deepEqual(weightsOf(lanes, lanes[0], 2, gains), [0, 0, 0.8, 0.6, 0]);
  assert.deepEqual(weightsOf(lanes, lanes[1], 2, gains), [0, 0, 0, 1, 0]);
});

test("an earlier result is not mixed with the original, which it was not made of", () => {
  const withEarlier = lanesOf([
    { ...sound("Earlier"), role: "result", isEarlier: true },
    { ...sound("Result"), role: "result" },
    { ...sound("Original"), role: "content" },
  ]);
  const gains = { wet: 0.8, dry: 0.6 };
  assert.deepEqual(weightsOf(withEarlier, withEarlier[0], 0, gains), [1, 0, 0]);
  assert.deepEqual(weightsOf(withEarlier, withEarlier[1], 0, gains), [0, 0.8, 0.6]);
});

test("an earlier result that is quiet leaves the others as loud as they are", () => {
  const quiet = { ...sound("Earlier"), lufs: -50, role: /** @type {const} */ ("result") };
  const others = [
    { ...sound("Result"), role: /** @type {const} */ ("result"), sounds: ["0", "100"].map(sound) },
    { ...sound("Original"), role: /** @type {const} */ ("content") },
  ];
  assert.deepEqual(
    levelsOf(lanesOf([...others, { ...quiet, isEarlier: true }]), () => 0.5),
    [1, 1, 1, 2],
  );
  const [level] = levelsOf(lanesOf([...others, quiet]), () => 0.5);
  assert.ok(level < 0.04, "of lanes that are one another's equals the quietest counts");
});

/** @param {number} seed */
function noise(seed, count = 100_000) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 30 - 1;
  });
}

const powerOf = (/** @type {Float32Array} */ sound) => sound.reduce((sum, x) => sum + x * x, 0) / sound.length;

test("a mixture is as loud as the result, whatever both have in common", () => {
  const [a, b] = [noise(1), noise(2)];
  for (const shared of [0, 0.3, 0.9]) {
    const original = b.map((x, i) => shared * a[i] + Math.sqrt(1 - shared ** 2) * x);
    const alike = likeness(a, original);
    assert.ok(Math.abs(alike - shared) < 0.02, `${alike} for ${shared}`);
    for (const share of [0, 0.3, 0.5, 0.8, 1]) {
      const { wet, dry } = blendGains(share, alike);
      const decibels = 10 * Math.log10(powerOf(a.map((x, i) => wet * x + dry * original[i])) / powerOf(a));
      assert.ok(Math.abs(decibels) < 0.15, `${decibels} dB at ${share}`);
    }
  }
});

test("silence is like nothing", () => {
  assert.equal(likeness(new Float32Array(10), noise(3, 10)), 0);
});
