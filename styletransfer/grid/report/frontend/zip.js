/** Zips of files as they are: sounds do not get smaller. */

const UTF_8 = 0x0800;
const VERSION = 20;
const FIRST_OF_1980 = 0x0021; // the earliest day that a zip can tell
const MAX_BYTES = 2 ** 32 - 1;

const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/**
 * A zip of files with these names, in which / separates folders.
 * @param {[name: string, bytes: Uint8Array<ArrayBuffer>][]} files
 */
export function zip(files) {
  const parts = [];
  const directory = [];
  let [offset, directoryBytes] = [0, 0];
  for (const [name, bytes] of files) {
    const encoded = new TextEncoder().encode(name);
    const told = [UTF_8, 0, 0, FIRST_OF_1980]; // flags, method, time, day
    const sizes = [crc32(bytes), bytes.length, bytes.length];
    const head = record([0x04034b50], [VERSION, ...told], sizes, [encoded.length, 0]);
    const entry = record([0x02014b50], [VERSION, VERSION, ...told], sizes, [encoded.length, 0, 0, 0, 0], [0, offset]);
    parts.push(head, encoded, bytes);
    directory.push(entry, encoded);
    offset += head.length + encoded.length + bytes.length;
    directoryBytes += entry.length + encoded.length;
  }
  if (offset + directoryBytes > MAX_BYTES) throw new RangeError("A zip holds at most 4 GB.");
  const end = record([0x06054b50], [0, 0, files.length, files.length], [directoryBytes, offset], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * Numbers of four and of two bytes, in turn, as a zip has them.
 * @param {number[][]} groups
 */
function record(...groups) {
  const made = new DataView(new ArrayBuffer(groups.reduce((sum, group, i) => sum + group.length * (i % 2 ? 2 : 4), 0)));
  let at = 0;
  groups.forEach((group, i) =>
    group.forEach((value) => {
      if (i % 2) made.setUint16(at, value, true);
      else made.setUint32(at, value, true);
      at += i % 2 ? 2 : 4;
    }),
  );
  return new Uint8Array(made.buffer);
}
