import assert from "node:assert/strict";
import { test } from "node:test";

import { Heard } from "../../styletransfer/web/frontend/heard.js";
import { lanesOf } from "../../styletransfer/web/frontend/lanes.js";

/** @typedef {import("../../styletransfer/web/frontend/types.js").Source} Source */

/**
 * @param {string} name
 * @param {Partial<Source>} more
 * @returns {Source}
 */
const source = (name, more = {}) => ({ name, url: `${name}.wav`, lufs: -20, role: "result", ...more });

const ORIGINAL = source("Original", { role: "content" });
const EARLIER = source("Earlier", { isEarlier: true });

/** @param {Source[]} sources */
function hearing(...sources) {
  const heard = new Heard();
  heard.take(lanesOf(sources), false);
  return heard;
}

const names = (/** @type {Heard} */ heard) => heard.shown().map(({ name }) => name);

test("the mixture is of the deck's own result, whichever lane was heard", () => {
  const heard = hearing(EARLIER, source("Result"), ORIGINAL);
  for (const index of [0, 2]) {
    heard.choose(index);
    heard.mixIn(0.4, true);
    assert.equal(heard.lane.name, "Result");
    assert.deepEqual(heard.blend, { share: 0.4, kept: true });
  }
});

test("what is not mixed is not downloaded so", () => {
  const heard = hearing(source("Result"), ORIGINAL);
  heard.mixIn(1, true);
  assert.equal(heard.blend.kept, false);
});

/** @param {number} place */
const series = (place, name = "a") => source("Result", { place, sounds: [0, 1, 2].map((i) => source(`${name}${i}`)) });

test("the slider stands where it is told, also when that is told later", () => {
  const heard = hearing(series(2), ORIGINAL);
  assert.equal(heard.place, 2);
  heard.take(lanesOf([series(1), ORIGINAL]), false);
  assert.equal(heard.place, 1);
});

test("the slider and the mixture stay where only earlier results come, and not where another result comes", () => {
  const heard = hearing(series(2), ORIGINAL);
  assert.equal(heard.move(0.4), true);
  assert.equal(heard.move(0.2), false, "another one is nearest");
  heard.mixIn(0.5, false);
  heard.take(lanesOf([series(2), ORIGINAL, EARLIER]), false);
  assert.deepEqual([heard.place, heard.blend.share], [0.2, 0.5]);
  heard.take(lanesOf([series(1, "b"), ORIGINAL]), false);
  assert.deepEqual([heard.place, heard.blend.share], [1, 1]);
});

test("what plays on is the lane of the same name, where there is one", () => {
  const heard = hearing(source("Result"), ORIGINAL);
  heard.choose(1);
  heard.take(lanesOf([source("New"), source("Result"), ORIGINAL]), true);
  assert.equal(heard.lane.name, "Original");
  heard.take(lanesOf([source("New"), source("Result")]), true);
  assert.equal(heard.lane.name, "New");
});

test("after Reveal comes Names, with the lane that was heard", () => {
  const heard = hearing(...["a", "b", "c"].map((name) => source(name)));
  heard.hide();
  assert.deepEqual(names(heard), ["A", "B", "C"]);
  heard.choose(2);
  const { lane } = heard;
  heard.reveal();
  assert.deepEqual(
    names(heard).map((name) => name.slice(0, 3)),
    ["A: ", "B: ", "C: "],
  );
  heard.name();
  assert.deepEqual(names(heard), ["a", "b", "c"]);
  assert.equal(heard.lane, lane);
  assert.equal(heard.blind, "off");
});

test("other lanes stay blind while it is, and have their names once it was revealed", () => {
  const heard = hearing(source("a"), source("b"));
  heard.hide();
  heard.take(lanesOf([source("a"), source("b"), source("c")]), true);
  assert.deepEqual(names(heard), ["A", "B", "C"]);
  assert.equal(heard.index, 0);
  heard.reveal();
  heard.take(lanesOf([source("a"), source("b")]), false);
  assert.deepEqual(names(heard), ["a", "b"]);
});

test("while it is blind nothing is mixed", () => {
  const heard = hearing(source("Result"), ORIGINAL);
  const buffers = [
    [1, 0],
    [0, 1],
  ].map((samples) => ({ getChannelData: () => Float32Array.from(samples) }));
  // @ts-expect-error: no more of a buffer than is asked of it
  const weights = () => heard.weights(buffers);
  heard.mixIn(0.5, false);
  assert.ok(weights().every((weight) => weight > 0));
  heard.hide();
  assert.deepEqual(weights().toSorted(), [0, 1]);
});
