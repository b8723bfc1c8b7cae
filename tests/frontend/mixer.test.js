import assert from "node:assert/strict";
import { test } from "node:test";

import { AHEAD_S, Mixer, between, matchedLevels } from "../../styletransfer/web/frontend/mixer.js";

test("every source is brought down to the quietest", () => {
  const levels = matchedLevels([-20, -26, -14]);
  const decibels = levels.map((level) => 20 * Math.log10(level));
  [-6, 0, -12].forEach((expected, i) => assert.ok(Math.abs(decibels[i] - expected) < 1e-9));
});

test("silence is left alone, and brings nobody down", () => {
  assert.deepEqual(matchedLevels([-20, null, -20]), [1, 1, 1]);
  assert.deepEqual(matchedLevels([null, null]), [1, 1]);
});

const inDecibels = (/** @type {number[]} */ levels) => levels.map((level) => 20 * Math.log10(level));

test("a quiet guest turns nobody down, and a loud one is brought down to the others", () => {
  const decibels = inDecibels(matchedLevels([-20, -26, -60, -14], [false, false, true, true], () => 0.001));
  [-6, 0, 34, -12].forEach((expected, i) => assert.ok(Math.abs(decibels[i] - expected) < 1e-9));
});

test("a quiet guest is raised as far as its peaks allow", () => {
  for (const [highest, expected] of [
    [0.25, 4],
    [1, 1],
    [2, 1],
  ]) {
    const [, level] = matchedLevels([-20, -60], [false, true], () => highest);
    assert.equal(level, expected);
  }
});

test("guests among silence are matched with one another", () => {
  assert.deepEqual(matchedLevels([null, -20, -20], [false, true, true]), [1, 1, 1]);
});

test("one source is heard, or two neighbours that add up to one", () => {
  assert.deepEqual(between(1, 3), [0, 1, 0]);
  assert.deepEqual(between(1.25, 4), [0, 0.75, 0.25, 0]);
  for (let index = 0; index <= 4; index += 0.05) {
    const sum = between(index, 5).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 1) < 1e-12, `${sum} at ${index}`);
  }
});

/** A context of 48 kHz whose clock goes on by `delays`, one for each source that is started, as on a busy machine. */
class Context {
  sampleRate = 48_000;
  currentTime = 1;
  /** @type {Source[]} */
  sources = [];

  /** @param {number[]} delays */
  constructor(delays) {
    this.delays = [...delays];
  }

  createGain() {
    return new Gain();
  }

  createBufferSource() {
    const source = new Source(this);
    this.sources.push(source);
    return source;
  }
}

class Gain {
  gain = { value: 1, setValueAtTime() {}, linearRampToValueAtTime() {} };
  connect() {}
}

class Source {
  startedAt = 0;
  isInTime = false;
  isDropped = false;

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
  }

  /** @param {number} time */
  start(time) {
    this.context.currentTime += this.context.delays.shift() ?? 0;
    [this.startedAt, this.isInTime] = [time, this.context.currentTime < time];
  }

  stop() {}
  connect() {}
  disconnect() {
    this.isDropped = true;
  }
}

for (const [name, delays, attempts] of /** @type {[string, number[], number][]} */ ([
  ["a quick machine starts all sources at once", [0, 0.001, 0.001], 1],
  ["sources that are told of their time too late start anew with the others", [0, 0, 0.05], 2],
  ["a machine that stays busy is given more and more time", [0, 0.03, 0, 0, 0.03, 0, 0, 0.03, 0], 3],
])) {
  test(name, () => {
    const context = new Context(delays);
    const buffers = [1, 2, 3].map(() => ({ sampleRate: 48_000, length: 96_000 }));
    const mix = { buffers, levels: [1, 1, 1], weights: [1, 0, 0] };
    // @ts-expect-error: no more of a context than a mixer asks of it
    const mixer = new Mixer(context, {}, mix);
    const heard = context.sources.filter((source) => !source.isDropped);
    assert.equal(context.sources.length, 3 * attempts);
    assert.deepEqual(heard, mixer.sources);
    assert.ok(heard.every((source) => source.isInTime && source.startedAt === mixer.begunAt));
    assert.ok(mixer.begunAt - context.currentTime >= AHEAD_S / 2 - 1e-9, "nothing is left for the fade");
  });
}
