import assert from "node:assert/strict";
import { test } from "node:test";

import { isAnyRunning, isRunning, onRun, start } from "../../styletransfer/web/frontend/run-state.js";

/** Selectors of what is on the page. @type {Set<string>} */
const there = new Set();
const look = { now: () => {} };

const page = Object.assign(new EventTarget(), {
  documentElement: {},
  querySelector: (/** @type {string} */ selector) => (there.has(selector) ? {} : null),
});
const Observer = class {
  /** @param {() => void} changed */
  constructor(changed) {
    look.now = changed;
  }
  observe() {}
};
Object.assign(globalThis, { document: page, MutationObserver: Observer });

test("several results are at work until it is told what came of them, stopped or not", () => {
  /** @type {boolean[]} */
  const heard = [];
  onRun("several", (begun) => heard.push(begun));
  start();
  assert.equal(isAnyRunning(), false);
  there.add("#several-progress [data-at-work]");
  look.now();
  there.add("#several-buttons #several-stop:disabled");
  look.now();
  assert.deepEqual([isRunning("several"), isRunning("transfer"), heard], [true, false, [true]]);
  there.delete("#several-progress [data-at-work]");
  look.now();
  assert.deepEqual([isAnyRunning(), heard], [false, [true, false]]);
});
