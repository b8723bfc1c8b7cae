/** Files of the server's: who asks for one that is on its way shares it. */

/** @type {Map<string, Promise<Blob>>} */
const onTheirWay = new Map();

/**
 * @param {string} url
 * @returns {Promise<Blob>}
 */
export function fetchFile(url) {
  const known = onTheirWay.get(url) ?? ask(url).finally(() => onTheirWay.delete(url));
  onTheirWay.set(url, known);
  return known;
}

/** @param {string} url */
async function ask(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.blob();
}
