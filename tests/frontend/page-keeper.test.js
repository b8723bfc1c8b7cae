import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { restoreSettings } from "../../styletransfer/web/frontend/page-keeper.js";
import { copyLink } from "../../styletransfer/web/frontend/sharing.js";
import { keepOwn, readOwn } from "../../styletransfer/web/frontend/window-store.js";

const NAMES = ["strength", "rhythm"];
const CONFIG = {
  sharing: {
    names: NAMES,
    maxStyles: 1,
    version: "1",
    presets: { quick: { strength: 90, rhythm: 20, style_weights: [] } },
  },
  keeping: { names: ["preset", ...NAMES, "seed_choice", "content"], recorders: ["content"] },
};
const VALUES = { preset: "quick", strength: 33, rhythm: 44, seed_choice: "new" };

/** Ids of what the visitor has changed. @type {Set<string>} */
const changed = new Set();

const location = { search: "", href: "https://example.org/" };

Object.assign(globalThis, {
  location,
  document: {
    baseURI: "https://example.org/",
    getElementById: () => ({ textContent: JSON.stringify(CONFIG) }),
    querySelector: (/** @type {string} */ selector) =>
      [...changed].find((id) => selector.replace("[data-changed]", "").match(new RegExp(`#${id}\\b`))) ?? null,
  },
  sessionStorage: { getItem: () => "window", setItem: () => {} },
  history: {
    state: null,
    replaceState(/** @type {unknown} */ _state, /** @type {string} */ _title, /** @type {string} */ link) {
      location.search = new URL(link).search;
    },
  },
});
Object.defineProperty(globalThis, "navigator", {
  value: { clipboard: { writeText: async () => {} } },
  configurable: true,
});

beforeEach(async () => {
  changed.clear();
  location.search = "";
  await keepOwn("settings", { version: "1", query: "", values: VALUES });
});

test("what was kept comes back, but for what was changed since the page opened", async () => {
  assert.deepEqual(await restoreSettings(), ["quick", 33, 44, "new"]);
  changed.add("setting-strength");
  changed.add("seed-choice");
  assert.deepEqual(await restoreSettings(), ["quick", undefined, 44, undefined]);
});

test("a preset that was chosen meanwhile stays with all that it sets", async () => {
  changed.add("preset");
  assert.deepEqual(await restoreSettings(), []);
});

test("the page at the link that was copied is the one whose settings were kept", async () => {
  copyLink("quick", 33, 44, "a style", 1);
  while ((await readOwn("settings")).query === "") await new Promise((done) => setTimeout(done));
  assert.equal((await readOwn("settings")).query, "?preset=quick&strength=33&rhythm=44");
  assert.deepEqual((await readOwn("settings")).values, VALUES);
});
