import assert from "node:assert/strict";
import { test } from "node:test";

import { clock } from "../../styletransfer/web/frontend/player-view.js";

test("seconds as a clock", () => {
  const clocks = { 0: "0:00.0", 3.2: "0:03.2", 59.99: "0:59.9", 60: "1:00.0", 605.25: "10:05.2" };
  for (const [seconds, text] of Object.entries(clocks)) assert.equal(clock(Number(seconds)), text);
});

test("a tenth that binary numbers fall short of is shown", () => {
  assert.equal(clock(0.1 + 0.2), "0:00.3");
  assert.equal(clock(0.7), "0:00.7");
  assert.equal(clock(1.1), "0:01.1");
});
