import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32, zip } from "../../styletransfer/grid/report/frontend/zip.js";

test("the checksum is that of the standard's own example", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test("each file stands where the directory says", async () => {
  const files = [
    ["a/ö.txt", "one"],
    ["a/二.txt", "three!"],
  ].map(([name, text]) => /** @type {[string, Uint8Array<ArrayBuffer>]} */ ([name, new TextEncoder().encode(text)]));
  const bytes = new DataView(await zip(files).arrayBuffer());
  const end = bytes.byteLength - 22;
  assert.equal(bytes.getUint32(end, true), 0x06054b50);
  assert.equal(bytes.getUint16(end + 10, true), 2);
  let at = bytes.getUint32(end + 16, true);
  for (const [name, data] of files) {
    assert.equal(bytes.getUint32(at, true), 0x02014b50);
    assert.equal(bytes.getUint16(at + 8, true) & 0x0800, 0x0800, "names are UTF-8");
    const [nameBytes, offset] = [bytes.getUint16(at + 28, true), bytes.getUint32(at + 42, true)];
    assert.equal(text(bytes, at + 46, nameBytes), name);
    assert.equal(bytes.getUint32(offset, true), 0x04034b50);
    assert.equal(text(bytes, offset + 30 + nameBytes, data.length), new TextDecoder().decode(data));
    at += 46 + nameBytes;
  }
  assert.equal(at, end);
});

/**
 * @param {DataView<ArrayBuffer>} bytes
 * @param {number} at
 * @param {number} length
 */
const text = (bytes, at, length) => new TextDecoder().decode(new Uint8Array(bytes.buffer, at, length));
