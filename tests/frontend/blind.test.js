import assert from "node:assert/strict";
import { test } from "node:test";

import { letter, shuffled } from "../../styletransfer/web/frontend/blind.js";

test("a shuffled order has each index once", () => {
  for (const count of [0, 1, 2, 9]) {
    const order = shuffled(count);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
  }
});

test("each order is as likely as any other", () => {
  const counts = new Map();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(3).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  // Six standard deviations: once in half a billion by chance.
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 6 * Math.sqrt((6000 * 5) / 36), `${count}`);
});

test("there is a letter for as many sources as there are keys", () => {
  assert.equal(Array.from({ length: 9 }, (_, i) => letter(i)).join(""), "ABCDEFGHI");
});
