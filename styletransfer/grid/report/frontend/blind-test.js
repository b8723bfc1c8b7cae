/** Runs that are chosen, as the folder of a blind listening test: a folder for each pairing, in it a file for each way. */

/**
 * @typedef {import("./report-types.js").Grid} Grid
 * @typedef {import("./report-types.js").Pairing} Pairing
 * @typedef {import("./report-types.js").Run} Run
 *
 * @typedef {object} Test
 * @property {[name: string, url: string][]} files
 * @property {number} items
 * @property {string[]} ways
 */

const MAX_CHARACTERS = 60; // of four bytes at most, and file systems take 255
const ENDING = ".flac"; // of what sounds.py makes

/**
 * The files of a test of these runs, or a sentence that says why they do not make one.
 * @param {Pairing[]} pairings
 * @param {Set<Run>} chosen
 * @param {Grid["limits"]} limits
 * @returns {Test | string}
 */
export function testOf(pairings, chosen, limits) {
  const items = pairings
    .map((pairing) => ({ ...pairing, runs: pairing.runs.filter((run) => chosen.has(run)) }))
    .filter(({ runs }) => runs.length > 0);
  if (!items.length) return "Choose runs in the table: of each pairing those of the same settings.";
  const ways = [...new Set(items.flatMap(({ runs }) => runs.map(({ way }) => way)))];
  return lack(items, ways, limits) ?? { files: filesOf(items, ways), items: items.length, ways };
}

/**
 * Why these make no test.
 * @param {Pairing[]} items
 * @param {string[]} ways
 * @param {Grid["limits"]} limits
 */
function lack(items, ways, limits) {
  for (const { title, runs } of items) {
    const missing = ways.find((way) => runs.every((run) => run.way !== way));
    if (missing) return `${title} lacks “${missing}”: each pairing needs the same settings. Choose it too, or neither.`;
  }
  if (items.length > limits.items) return `A test has at most ${limits.items} pairings, not ${items.length}.`;
  if (ways.length > limits.ways) return `A test compares at most ${limits.ways} settings, not ${ways.length}.`;
  const silent = items.flatMap(({ content, styles, runs }) => [content, styles[0], ...runs]).find(({ url }) => !url);
  return silent ? `A sound of ${silent.name} is missing here. Leave its runs out, or write this page again.` : null;
}

/**
 * @param {Pairing[]} items
 * @param {string[]} ways
 * @returns {Test["files"]}
 */
function filesOf(items, ways) {
  const folders = fileNames(items.map(({ title }) => title));
  const names = fileNames(ways);
  return items.flatMap(({ content, styles, runs }, i) => {
    const sounds = runs.map(({ way, url }) => [names[ways.indexOf(way)], url]);
    const all = [["content", content.url], ["style", styles[0].url], ...sounds];
    return all.map(([name, url]) => /** @type {[string, string]} */ ([`${folders[i]}/${name}${ENDING}`, url]));
  });
}

/**
 * Names that every system takes for files, no two of them alike there.
 * @param {string[]} texts
 */
export function fileNames(texts) {
  const taken = new Set();
  return texts.map((text) => {
    const plain = text.normalize().replace(/[<>:"/\\|?*\p{C}]+/gu, "-");
    const short =
      [...plain]
        .slice(0, MAX_CHARACTERS)
        .join("")
        .replace(/^[. ]+|[. ]+$/g, "") || "-";
    let name = short;
    for (let number = 2; taken.has(name.toLocaleLowerCase()); number++) name = `${short} (${number})`;
    taken.add(name.toLocaleLowerCase());
    return name;
  });
}
