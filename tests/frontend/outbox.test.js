import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FIRST_PAUSE_S,
  Kept,
  LONGEST_PAUSE_S,
  MAX_FOREIGN,
  newKey,
  Outbox,
  Pauses,
  reply,
} from "../../styletransfer/listening/pages/frontend/outbox.js";

/** @typedef {import("../../styletransfer/listening/pages/frontend/listen-types.js").Reply} Reply */

const SAVED = { data: { saved: true } };

/** The storage of a browser: what is in it are its own properties. */
function storage() {
  const hidden = { configurable: true }; // and not enumerable
  return Object.defineProperties(
    {},
    {
      getItem: { ...hidden, value: (/** @type {string} */ name) => made[name] ?? null },
      setItem: { ...hidden, value: (/** @type {string} */ name, /** @type {string} */ text) => (made[name] = text) },
      removeItem: { ...hidden, value: (/** @type {string} */ name) => delete made[name] },
    },
  );
}
/** @type {any} */
let made;

/** @returns {any} */
const fresh = () => (made = storage());
const forbidden = () => {
  throw new Error("The operation is insecure.");
};

/** @param {number} trial */
const answer = (trial) => ({
  name: `key-${trial}`,
  path: /** @type {const} */ ("answer"),
  body: { key: `key-${trial}`, session: "session", trial },
});
const finish = { name: "finish", path: /** @type {const} */ ("finish"), body: { session: "session" } };

/**
 * An outbox, and what it told and sent; `replies` answer one after the other, the last one for good.
 * @param {Kept} kept
 * @param {Reply[]} replies
 */
function outboxOf(kept, replies) {
  /** @type {string[]} */
  const told = [];
  /** @type {unknown[]} */
  const sent = [];
  const send = async (/** @type {string} */ path, /** @type {any} */ { trial }) => {
    sent.push(trial ?? path);
    return replies[Math.min(sent.length, replies.length) - 1];
  };
  const outbox = new Outbox(kept, send, {
    saved: ({ name }) => told.push(`saved ${name}`),
    refused: ({ name }, sentence) => told.push(`refused ${name}: ${sentence}`),
    away: (is) => told.push(is ? "away" : "there"),
  });
  return { outbox, told, sent };
}

/** Lets all that waits for nothing but its turn go on. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
};

test("an answer is kept before it is sent, and let go when the server has it", async () => {
  const kept = new Kept(fresh, "test:");
  const { outbox, told } = outboxOf(kept, [SAVED]);
  outbox.add(answer(0));
  assert.deepEqual(Object.keys(made), ["test:outbox:key-0"]);
  await settle();
  assert.deepEqual(told, ["there", "saved key-0"]);
  assert.deepEqual(Object.keys(made), []);
});

test("what the server did not take is sent again after pauses that grow, in its order, and finish comes last", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kept = new Kept(fresh, "test:");
  const { outbox, told, sent } = outboxOf(kept, [{}, {}, {}, SAVED]);
  outbox.add(finish);
  outbox.add(answer(1));
  outbox.add(answer(0));
  await settle();
  assert.deepEqual(sent, ["finish"]); // it was alone when it was sent
  for (const seconds of [1, 2, 4]) {
    t.mock.timers.tick(1000 * seconds - 1);
    await settle();
    const before = sent.length;
    t.mock.timers.tick(1);
    await settle();
    assert.ok(sent.length > before, `after ${seconds} s`);
  }
  assert.deepEqual(sent, ["finish", 0, 0, 0, 1, "finish"]);
  assert.deepEqual(told.slice(-2), ["there", "saved finish"]);
  assert.deepEqual(outbox.entries, []);
});

test("a reload loses nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const before = outboxOf(new Kept(fresh, "test:"), [{}]);
  before.outbox.add(answer(3));
  await settle();
  const after = outboxOf(new Kept(() => made, "test:"), [SAVED]);
  assert.deepEqual(after.outbox.entries, [answer(3)]);
  after.outbox.start();
  await settle();
  assert.deepEqual(after.told, ["there", "saved key-3"]);
});

test("what the server refuses is told once and not sent again", async () => {
  const { outbox, told, sent } = outboxOf(new Kept(fresh, "test:"), [{ refused: "No." }, SAVED]);
  outbox.add(answer(0));
  outbox.add(answer(1));
  await settle();
  assert.deepEqual(sent, [0, 1]);
  assert.deepEqual(told, ["there", "refused key-0: No.", "there", "saved key-1"]);
});

test("what something else refuses is tried some more, and stays for the next visit", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kept = new Kept(fresh, "test:");
  const { outbox, told, sent } = outboxOf(kept, [{ refused: "The server says 404.", foreign: true }]);
  outbox.add(answer(0));
  for (let turn = 0; turn < 2 * MAX_FOREIGN; turn++) {
    await settle();
    t.mock.timers.tick(1000 * LONGEST_PAUSE_S);
  }
  assert.equal(sent.length, MAX_FOREIGN);
  assert.equal(told.at(-1), "refused key-0: The server says 404.");
  assert.equal(outbox.entries.length, 1);
});

test("what the server does not know is told at once, and sent again after a reload", async () => {
  const unknown = await reply(Response.json({ error: "Not known here." }, { status: 404 }));
  const { outbox, told, sent } = outboxOf(new Kept(fresh, "test:"), [unknown]);
  outbox.add(answer(0));
  await settle();
  outbox.hurry();
  await settle();
  assert.deepEqual([sent, told], [[0], ["there", "refused key-0: Not known here."]]);
  const after = outboxOf(new Kept(() => made, "test:"), [SAVED]);
  after.outbox.start();
  await settle();
  assert.deepEqual(after.told, ["there", "saved key-0"]);
  assert.deepEqual(after.outbox.entries, []);
});

test("with a new session what belongs to the one before is let go", async () => {
  const { outbox } = outboxOf(new Kept(fresh, "test:"), [{ refused: "Not known.", status: 404 }]);
  outbox.add(answer(0));
  outbox.add({ ...answer(1), body: { ...answer(1).body, session: "new" } });
  await settle();
  outbox.keepOnly("new");
  assert.deepEqual(
    outbox.entries.map(({ name }) => name),
    ["key-1"],
  );
});

test("pauses end early when the connection is back, and begin with short ones again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pauses = new Pauses();
  for (let i = 0; i < 10; i++) {
    const over = pauses.next();
    t.mock.timers.tick(1000 * Math.min(FIRST_PAUSE_S * 2 ** i, LONGEST_PAUSE_S));
    await over;
  }
  const long = pauses.next();
  pauses.reset();
  await long;
  const short = pauses.next();
  t.mock.timers.tick(1000 * FIRST_PAUSE_S);
  await short;
});

test("all works in memory where storage is forbidden, full or damaged", async () => {
  const kept = new Kept(forbidden, "test:");
  assert.equal(kept.lasts, false);
  const { outbox, told } = outboxOf(kept, [SAVED]);
  outbox.add(answer(0));
  await settle();
  assert.deepEqual(told, ["there", "saved key-0"]);

  const full = new Kept(fresh, "test:");
  assert.equal(full.lasts, true);
  Object.defineProperty(made, "setItem", { value: forbidden });
  full.set("state", { a: 1 });
  assert.deepEqual([full.lasts, full.get("state")], [false, { a: 1 }]);

  made = fresh();
  made["test:state"] = "{";
  made["test:outbox:x"] = "nonsense";
  const damaged = new Kept(() => made, "test:");
  assert.equal(damaged.get("state"), null);
  assert.deepEqual(outboxOf(damaged, [SAVED]).outbox.entries, []);
});

test("tests of one server do not mix", () => {
  const one = new Kept(fresh, "st-listen:one:");
  const two = new Kept(() => made, "st-listen:two:");
  one.set("state", 1);
  two.set("state", 2);
  assert.deepEqual(new Kept(() => made, "st-listen:one:").names(), ["state"]);
});

test("what answers mean", async () => {
  const json = (/** @type {number} */ status, /** @type {unknown} */ body) => reply(Response.json(body, { status }));
  assert.deepEqual(await json(200, { saved: true }), SAVED);
  assert.deepEqual(await json(403, { error: "No." }), { refused: "No.", status: 403 });
  assert.deepEqual(await json(503, { error: "Later." }), {});
  assert.deepEqual(await json(429, { error: "Later." }), {});
  assert.deepEqual(await reply(new Response("<h1>Sign in</h1>")), {}); // of a hotel's network
  assert.equal((await reply(new Response("Not Found", { status: 404 }))).foreign, true);
});

test("a key is made without a secure context, too", (t) => {
  assert.match(newKey(), /^[0-9a-f]{32}$/);
  t.mock.method(crypto, "randomUUID", undefined);
  const keys = new Set(Array.from({ length: 100 }, newKey));
  assert.equal(keys.size, 100);
  for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/);
});
