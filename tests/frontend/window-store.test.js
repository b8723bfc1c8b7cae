import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keysOf } from "../../styletransfer/web/frontend/database.js";

// Without an IndexedDB the database is kept as long as these tests.
Object.assign(globalThis, { document: { baseURI: "https://example.org/" } });

let count = 0;

/** A window: a session of its own, and its own copy of the module at every load. */
class Window {
  /** @type {Map<string, string>} */
  session = new Map();

  /** @returns {Promise<typeof import("../../styletransfer/web/frontend/window-store.js")>} */
  load() {
    return import(`../../styletransfer/web/frontend/window-store.js?${count++}`);
  }

  /** @template T @param {(store: Awaited<ReturnType<Window["load"]>>) => Promise<T>} task */
  async doing(task) {
    const store = await this.load();
    const { session } = this;
    const sessionStorage = {
      getItem: (/** @type {string} */ key) => session.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => session.set(key, value),
    };
    Object.defineProperty(globalThis, "sessionStorage", { value: sessionStorage, configurable: true });
    return task(store);
  }

  /** @param {string} value */
  keep = (value) => this.doing(({ keepOwn }) => keepOwn("content", value));
  read = () => this.doing(({ readOwn }) => readOwn("content"));
}

/** @type {Window} */
let first;
/** @type {Window} */
let second;

beforeEach(() => {
  first = new Window();
  second = new Window();
});

test("no window overwrites what another keeps", async () => {
  await first.keep("piano");
  await second.keep("drums");
  assert.equal(await first.read(), "piano");
  assert.equal(await second.read(), "drums");
});

test("a new window begins with what was kept last, and stays with it", async () => {
  await first.keep("piano");
  await second.keep("drums");
  await first.keep("violin");
  const third = new Window();
  assert.equal(await third.read(), "violin");
  await first.keep("trumpet");
  assert.equal(await third.read(), "violin");
});

test("windows that kept nothing for long are forgotten", async () => {
  for (let i = 0; i < 9; i++) await new Window().keep(`recording ${i}`);
  assert.equal((await keysOf("page")).filter((key) => key.endsWith(" content")).length, 4);
});
