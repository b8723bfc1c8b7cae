import assert from "node:assert/strict";
import { test } from "node:test";

import { write } from "../../styletransfer/web/frontend/database.js";
import { mount } from "../../styletransfer/web/frontend/deck.js";

const STRENGTHS = [0, 25, 50, 75, 100];

/** A page whose browser has noted five strengths, the sounds of which are still with the server. */
class Stage {
  /** What the player was given. @type {any[]} */
  given = [];
  /** @type {Record<string, (event: any) => void>} */
  listeners = {};
  /** Answers of the server that wait. @type {(() => void)[]} */
  answers = [];
  told = { innerHTML: "an example", querySelector: () => ({ dataset: this.latest }) };
  latest = {};
  redraw = () => {};

  constructor() {
    const stage = this;
    const player = { dataset: {}, setAttribute: (/** @type {string} */ _, /** @type {string} */ v) => this.give(v) };
    Object.assign(globalThis, {
      document: {
        baseURI: "https://example.org/",
        getElementById: () => ({ textContent: JSON.stringify({ serverId: "here" }) }),
        querySelector: (/** @type {string} */ selector) => (selector === "#latest" ? this.told : null),
        createElement: () => player,
        addEventListener: (/** @type {string} */ _type, /** @type {() => void} */ draw) => (this.redraw = draw),
        dispatchEvent: () => this.redraw(),
      },
      window: globalThis,
      MutationObserver: class {
        observe() {}
      },
      fetch: () =>
        new Promise((answer) => this.answers.push(() => answer({ ok: true, blob: async () => new Blob(["sound"]) }))),
    });
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    mount(
      /** @type {any} */ ({
        element: {
          append() {},
          addEventListener: (/** @type {string} */ type, /** @type {any} */ heard) => (stage.listeners[type] ??= heard),
        },
        trigger() {},
      }),
    );
  }

  /** @param {string} text */
  give(text) {
    this.given.push(JSON.parse(text)[0]);
  }

  /** Lets the server answer for so long. */
  async answer() {
    for (let i = 0; i < 50; i++) {
      this.answers.splice(0).forEach((each) => each());
      await new Promise((done) => setTimeout(done, 2));
    }
  }
}

const clip = (/** @type {string} */ name) => ({ name, url: `${name}.wav`, lufs: -20, digest: name });
const entries = STRENGTHS.map((strength) => ({
  ...{ ...clip(`s${strength}`), key: `s${strength}`, series: "x", strength, settings: {}, figures: [] },
  ...{ content: clip("piano"), styles: [clip("drums")], mix: clip("both"), file_name: "s.wav", preset: "quick" },
}));

test("a series that comes back is shown once all of it is there, and stays where the slider was moved", async () => {
  for (const [order, entry] of entries.entries()) {
    const value = { order, bytes: 0, isWhole: false, serverId: "here", entry };
    await write({ store: "results", key: entry.key, value });
  }
  const stage = new Stage();
  await stage.answer();
  const lengths = stage.given.flatMap(({ sounds }) => (sounds ? [sounds.length] : []));
  assert.ok(lengths.length > 0, "nothing was shown");
  assert.deepEqual(new Set(lengths), new Set([STRENGTHS.length]), "a part of the series was shown");
  assert.equal(stage.given.at(-1).place, 4);

  stage.listeners["st-source"]({ detail: 1 });
  stage.told.innerHTML = "your last result";
  stage.latest = { kind: "kept", place: "2", entries: JSON.stringify(entries) };
  stage.redraw();
  await stage.answer();
  assert.equal(stage.given.at(-1).place, 4, "the slider was moved again");
});
