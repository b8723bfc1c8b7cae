import assert from "node:assert/strict";
import { test } from "node:test";

import { isRecording } from "../../styletransfer/web/frontend/accepted-types.js";

test("a recording is told by the end of its name, in any case", () => {
  const endings = [".mov", ".w64"];
  assert.ok(isRecording("IMG_0001.MOV", endings));
  assert.ok(isRecording("take 2.w64", endings));
  assert.ok(!isRecording("mov", endings));
  assert.ok(!isRecording("notes.mov.txt", endings));
});
