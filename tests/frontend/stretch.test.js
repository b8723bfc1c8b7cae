import assert from "node:assert/strict";
import { test } from "node:test";

import {
  afterKey,
  broughtBack,
  ends,
  fitted,
  inShort,
  inWords,
  latestStart,
} from "../../styletransfer/web/frontend/stretch.js";

test("a stretch is as wide as the settings ask for, or as the recording lasts", () => {
  assert.deepEqual(ends(3, 10, 42), [3, 13]);
  assert.deepEqual(ends(0, 10, 4.1), [0, 4.1]);
  assert.deepEqual(ends(38, 10, 42), [38, 42]);
  assert.deepEqual(ends(99, 10, 42), [42, 42]);
});

test("it begins so that its whole width is there, in tenths of a second", () => {
  assert.equal(latestStart(10, 42.057), 32.05);
  assert.equal(latestStart(10, 4.1), 0);
  assert.equal(fitted(2.96, 10, 42), 3);
  assert.equal(fitted(-1, 10, 42), 0);
  assert.equal(fitted(40, 10, 42.057), 32.05);
});

test("wherever it is pushed, it stays inside and is no shorter", () => {
  for (const length of [0.3, 9.99, 10, 10.04, 13.3, 120, 900]) {
    for (const width of [0.2, 1, 10, 60]) {
      for (let start = -5; start < length + 5; start += 0.77) {
        const [from, to] = ends(fitted(start, width, length), width, length);
        assert.ok(from >= 0 && to <= length);
        assert.ok(to - from > Math.min(width, length) - 0.02, `${start}, ${width}, ${length}`);
      }
    }
  }
});

test("a start beyond the end of a recording that comes is brought back, another is not", () => {
  assert.equal(broughtBack(12, 10, 60), 12);
  assert.equal(broughtBack(55, 10, 60), 55);
  assert.equal(broughtBack(60, 10, 60), 50);
  assert.equal(broughtBack(99, 10, 8), 0);
  assert.equal(broughtBack(0, 10, 0.05), 0);
});

test("arrows move it by a tenth, with shift by a second, pages by its width, home and end all the way", () => {
  assert.equal(afterKey("ArrowRight", false, 3, 10, 42), 3.1);
  assert.equal(afterKey("ArrowLeft", true, 3, 10, 42), 2);
  assert.equal(afterKey("ArrowLeft", true, 0.4, 10, 42), 0);
  assert.equal(afterKey("PageUp", false, 3, 10, 42), 13);
  assert.equal(afterKey("PageDown", false, 13, 10, 42), 3);
  assert.equal(afterKey("End", false, 3, 10, 42.057), 32.05);
  assert.equal(afterKey("Home", false, 3, 10, 42), 0);
  assert.equal(afterKey("a", false, 3, 10, 42), null);
});

test("it is told in words and in short", () => {
  assert.equal(inWords(3, 13, 42), "from 3.0 to 13.0 s of 42 s");
  assert.equal(inShort(3, 13, 42), "3.0–13.0 of 42 s");
  assert.equal(inShort(0, 4.1, 4.1), "4.1 s");
  assert.equal(inShort(63, 73, 120), "1:03–1:13 of 2:00");
  assert.equal(inShort(0, 10, 900, false), "0:00–0:10 of more than 15:00");
});
