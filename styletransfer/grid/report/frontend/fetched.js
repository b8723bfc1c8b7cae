/**
 * The sounds of a page that lies on a disk: no script may read a file there, but one may load another, which brings a
 * sound as text (sounds.py). It stands in for the main page's module of this name.
 */

const KIND = "audio/flac";

/** @type {Record<string, string>} */
const brought = {}; // by those scripts, until they are taken

Object.assign(globalThis, { stSounds: brought });

/**
 * @param {string} url of a sound's script
 * @returns {Promise<Blob>}
 */
export async function fetchFile(url) {
  const script = document.createElement("script");
  script.src = url;
  try {
    await new Promise((resolve, reject) => {
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error(`${url} cannot be loaded.`)));
      document.head.append(script);
    });
    return new Blob([bytesOf(brought[url])], { type: KIND });
  } finally {
    script.remove();
    delete brought[url];
  }
}

/** @param {string} base64 */
function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
