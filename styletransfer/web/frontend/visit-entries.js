/** What there is to know of the results of a visit: their names, what they differ in, which of them go first. */

/** @typedef {import("./types.js").Entry} Entry */
/** @typedef {import("./types.js").Source} Source */
/** @typedef {[name: string, value: string]} Pair */

/**
 * @typedef {object} Fields of settings
 * @property {[name: string, label: string][]} labels in their order
 * @property {string[]} front names of those that stand in front on the page
 */

export const MAX_NAME_CHARACTERS = 60;
export const MAX_SOURCES = 9; // as many as there are keys

/**
 * "Result 1" and so on unless another name is wanted, which is numbered where it is taken.
 * @param {string} wanted
 * @param {string[]} taken
 */
export function nameFor(wanted, taken) {
  const numbers = taken.map((name) => Number(/^Result (\d+)$/.exec(name)?.[1] ?? 0));
  const first = wanted || `Result ${Math.max(taken.length, ...numbers) + 1}`;
  let name = first;
  for (let number = 2; taken.includes(name); number++) name = `${first} (${number})`;
  return name;
}

/** @param {string} text as somebody typed it */
export function cleanName(text) {
  const printable = text.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return [...printable].slice(0, MAX_NAME_CHARACTERS).join("").trim();
}

/**
 * What a download is called.
 * @param {string} name
 * @param {string} otherwise where a name has no letters
 */
export function fileNameOf(name, otherwise) {
  const words = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return words ? `${words}.wav` : otherwise;
}

/** @param {Pick<Entry, "content" | "styles">} entry */
export const aboutOf = ({ content, styles }) => `${content.name} as ${styles.map(({ name }) => name).join(" + ")}`;

/**
 * By key, the settings and recordings in which the entries differ; of a single entry the settings in front.
 * @param {Entry[]} entries
 * @param {Fields} fields
 * @returns {Map<string, Pair[]>}
 */
export function differences(entries, { labels, front }) {
  const rows = new Map(entries.map((entry) => [entry.key, rowOf(entry, labels)]));
  const frontLabels = labels.filter(([name]) => front.includes(name)).map(([, label]) => label);
  /** @param {number} i */
  const differs = (i) => new Set([...rows.values()].map((row) => row[i][1])).size > 1;
  /**
   * @param {Pair} pair
   * @param {number} i
   */
  const isShown = ([name], i) => (rows.size === 1 ? frontLabels.includes(name) : differs(i));
  return new Map([...rows].map(([key, row]) => [key, row.filter(isShown)]));
}

/**
 * @param {Entry} entry
 * @param {Fields["labels"]} labels
 * @returns {Pair[]}
 */
function rowOf({ content, styles, settings }, labels) {
  return [
    ["Content", content.name],
    ["Style", styles.map(({ name }) => name).join(" + ")],
    ...labels.map(([name, label]) => /** @type {Pair} */ ([label, inWords(settings[name])])),
  ];
}

/**
 * The value of a setting.
 * @param {unknown} value
 * @returns {string}
 */
export function inWords(value) {
  if (Array.isArray(value)) return value.map(inWords).join(" : ") || "equal";
  return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
}

/**
 * What the player of Compare plays: the entries, then the contents and styles that they were made from, each once.
 * @param {Entry[]} entries
 * @param {string[]} beside "content" and "style", or what is left of them
 * @returns {Source[]}
 */
export function comparedSources(entries, beside) {
  /** @type {Source[]} */
  const found = entries.map(({ name, url, lufs }) => ({ name, role: "result", url, lufs }));
  const clips = { content: entries.map(({ content }) => content), style: entries.flatMap(({ styles }) => styles) };
  for (const role of /** @type {const} */ (["content", "style"])) {
    if (!beside.includes(role)) continue;
    const once = new Map(clips[role].map((clip) => [clip.digest, clip]));
    const title = role === "content" ? "Content" : "Style";
    /** @type {Map<string, number>} */
    const titles = new Map();
    for (const { name, url, lufs } of once.values()) {
      const called = once.size > 1 ? `${title}: ${name}` : title;
      const number = (titles.get(called) ?? 0) + 1; // two stretches of one recording have one name
      titles.set(called, number);
      found.push({ name: number > 1 ? `${called} (${number})` : called, role, url, lufs });
    }
  }
  return found;
}

/**
 * Which results go where so many bytes are needed: the oldest.
 * @template {{ order: number, bytes: number }} Kept
 * @param {Kept[]} kept those that may go
 * @param {number} needed
 * @returns {Kept[]}
 */
export function oldestToGo(kept, needed) {
  let freed = 0;
  return kept
    .toSorted((a, b) => a.order - b.order)
    .filter(({ bytes }) => {
      if (freed >= needed) return false;
      freed += bytes;
      return true;
    });
}

/**
 * What takes the place of something that goes: what follows it, or else what comes before it; null where nothing stays.
 * @template T
 * @param {T[]} before
 * @param {T} gone
 * @param {T[]} stay
 * @returns {T | null}
 */
export function successor(before, gone, stay) {
  const place = before.indexOf(gone);
  const others = [...before.slice(place + 1), ...before.slice(0, place).reverse()];
  return others.find((other) => stay.includes(other)) ?? null;
}

/** @param {number} bytes */
export function amount(bytes) {
  if (bytes < 1e6) return bytes ? "less than 1 MB" : "nothing";
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
