/** Files that the browser makes and saves. */

const KEPT_MS = 60_000;

/**
 * Saves bytes under a name, as a download.
 * @param {Blob} bytes
 * @param {string} name
 */
export function save(bytes, name) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(bytes);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), KEPT_MS);
}
