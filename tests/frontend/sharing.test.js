import assert from "node:assert/strict";
import { test } from "node:test";

import { linkTo, settingsOf } from "../../styletransfer/web/frontend/sharing.js";

const KNOWN = {
  names: ["strength", "detail", "learning_rate"],
  maxStyles: 3,
  version: "0",
  presets: {
    quick: { strength: 75, detail: "plain", learning_rate: null, style_weights: [] },
    studio: { strength: 75, detail: "rich", learning_rate: null, style_weights: [] },
  },
};
const PAGE = "https://example.org/page/";

/** @param {unknown[]} values */
const link = (...values) => linkTo(PAGE, KNOWN, "studio", settingsOf(KNOWN, values));

test("what the preset sets is not in the link", () => {
  assert.equal(link(75, "rich", null, "a", null, null, 1, 1, 1), `${PAGE}?preset=studio`);
  assert.equal(
    link("75", "plain", 0.5, "a", null, null, 1, 1, 1),
    `${PAGE}?preset=studio&detail=plain&learning_rate=0.5`,
  );
});

test("melody is always in the link, so that one without it is known to be from before", () => {
  assert.equal(new URL(linkTo(PAGE, KNOWN, "quick", { melody: 50 })).searchParams.get("melody"), "50");
});

test("an empty box is not in the link", () => {
  assert.equal(link(null, "", null, "a", null, null, 1, 1, 1), `${PAGE}?preset=studio`);
});

test("weights count where there is a style, and only if they differ", () => {
  assert.deepEqual(settingsOf(KNOWN, [75, "rich", null, "a", "b", null, 2, 2, 9]).style_weights, []);
  assert.deepEqual(settingsOf(KNOWN, [75, "rich", null, "a", null, "c", 2, 5, 3]).style_weights, [2, 3]);
  assert.equal(link(75, "rich", null, "a", null, "c", 2, 5, 0.5), `${PAGE}?preset=studio&style_weights=2,0.5`);
});

test("what else the address asks for stays, and what it asked of settings goes", () => {
  const address = `${PAGE}?__theme=dark&strength=3&preset=quick&style_weights=1,2#there`;
  assert.equal(linkTo(address, KNOWN, "studio", { strength: 75 }), `${PAGE}?__theme=dark&preset=studio`);
});

test("a value cannot add to the query", () => {
  assert.equal(new URL(linkTo(PAGE, KNOWN, "quick", { detail: "a&b=c" })).searchParams.get("detail"), "a&b=c");
});
