import assert from "node:assert/strict";
import { test } from "node:test";

import { fileNames, testOf } from "../../styletransfer/grid/report/frontend/blind-test.js";

/** @typedef {import("../../styletransfer/grid/report/frontend/report-types.js").Pairing} Pairing */

const LIMITS = { items: 3, ways: 2 };

/**
 * @param {string} title
 * @param {string[]} ways
 */
function pairing(title, ...ways) {
  const sound = (/** @type {string} */ name) => ({ name, url: `${title} ${name}`, lufs: -20 });
  const runs = ways.map((way) => ({ ...sound(way), way }));
  const made = { key: title, title, content: sound("c"), styles: [sound("s"), sound("s2")], runs };
  return /** @type {Pairing} */ (/** @type {unknown} */ (made));
}

/** @param {Pairing[]} pairings */
const all = (pairings) => new Set(pairings.flatMap(({ runs }) => runs));

test("a folder for each pairing has a file for each way, the content and the first style", () => {
  const pairings = [pairing("a as b", "x", "y"), pairing("c as d", "y", "x"), pairing("not chosen", "x")];
  const made = testOf(pairings, all(pairings.slice(0, 2)), LIMITS);
  assert.ok(typeof made !== "string");
  assert.deepEqual([made.items, made.ways], [2, ["x", "y"]]);
  assert.deepEqual(made.files.slice(0, 4), [
    ["a as b/content.flac", "a as b c"],
    ["a as b/style.flac", "a as b s"],
    ["a as b/x.flac", "a as b x"],
    ["a as b/y.flac", "a as b y"],
  ]);
  assert.deepEqual(
    made.files.slice(4).map(([name]) => name),
    ["c as d/content.flac", "c as d/style.flac", "c as d/y.flac", "c as d/x.flac"],
  );
});

test("what makes no test is told with what to do", () => {
  const uneven = [pairing("a as b", "x", "y"), pairing("c as d", "x")];
  assert.match(String(testOf(uneven, all(uneven), LIMITS)), /^c as d lacks “y”/);
  assert.match(String(testOf(uneven, new Set(), LIMITS)), /^Choose/);
  const many = ["1", "2", "3", "4"].map((title) => pairing(title, "x"));
  assert.match(String(testOf(many, all(many), LIMITS)), /at most 3 pairings, not 4/);
  const ways = [pairing("a as b", "x", "y", "z")];
  assert.match(String(testOf(ways, all(ways), LIMITS)), /at most 2 settings, not 3/);
  const silent = [pairing("a as b", "x")];
  silent[0].styles[0].url = "";
  assert.match(String(testOf(silent, all(silent), LIMITS)), /of s is missing/);
});

test("names are such as every system takes, and differ there", () => {
  assert.deepEqual(fileNames(['a/b: "c"?', "a-b- -c--", "A-B- -C-", ".hidden.", "...", "日本語", "x\u0000\n"]), [
    "a-b- -c-",
    "a-b- -c--",
    "A-B- -C- (2)",
    "hidden",
    "-",
    "日本語",
    "x-",
  ]);
  assert.equal(new TextEncoder().encode(fileNames(["🎻".repeat(100)])[0]).length, 240);
});
