/**
 * Answers on their way: kept in this browser first, then sent, again and again, until the server has them. What is here
 * outlasts a reload, where the browser lets a page keep anything.
 */

/** @typedef {import("./listen-types.js").Entry} Entry */
/** @typedef {import("./listen-types.js").Reply} Reply */
/** @typedef {import("./listen-types.js").Told} Told */

export const FIRST_PAUSE_S = 1;
export const LONGEST_PAUSE_S = 30;
/** So often somebody else than our server may refuse an answer; it stays here, and is sent again after a reload. */
export const MAX_FOREIGN = 20;
/** What the server does not know it may know again when its folder is back: that stays here, too. */
const UNKNOWN = 404;
const PATIENCE_MS = 20_000;
const LATER = [408, 425, 429];

/** A key of 32 hexadecimal digits; `crypto.randomUUID` is missing where the page came without TLS. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID().replaceAll("-", "");
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Values by name: in the browser's storage if it lets us, and in memory at any rate. */
export class Kept {
  /** @type {Map<string, string>} */
  #values = new Map();
  /** @type {Storage | null} */
  #storage = null;

  /**
   * @param {() => Storage} open may throw
   * @param {string} prefix of all names
   */
  constructor(open, prefix) {
    this.prefix = prefix;
    try {
      const storage = open();
      storage.setItem(`${prefix}probe`, "");
      storage.removeItem(`${prefix}probe`);
      this.#storage = storage;
      for (const name of Object.keys(storage)) {
        if (name.startsWith(prefix)) this.#values.set(name.slice(prefix.length), storage.getItem(name) ?? "");
      }
    } catch {
      this.#storage = null;
    }
  }

  /** Whether it outlasts a reload. */
  get lasts() {
    return this.#storage !== null;
  }

  names() {
    return [...this.#values.keys()];
  }

  /** @param {string} name */
  get(name) {
    try {
      return JSON.parse(this.#values.get(name) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    const text = JSON.stringify(value);
    this.#values.set(name, text);
    try {
      this.#storage?.setItem(this.prefix + name, text);
    } catch {
      this.#storage = null; // it is full, or was closed meanwhile
    }
  }

  /** @param {string} name */
  remove(name) {
    this.#values.delete(name);
    try {
      this.#storage?.removeItem(this.prefix + name);
    } catch {
      this.#storage = null;
    }
  }
}

/** Pauses that grow from one to the next, and end early when the connection is back. */
export class Pauses {
  #next = FIRST_PAUSE_S;
  #wake = () => {};

  next() {
    const pause = this.#next;
    this.#next = Math.min(2 * pause, LONGEST_PAUSE_S);
    return new Promise((done) => {
      const timer = setTimeout(done, 1000 * pause);
      this.#wake = () => (clearTimeout(timer), done(undefined));
    });
  }

  /** Begins with short ones again, now. */
  reset() {
    this.#next = FIRST_PAUSE_S;
    this.#wake();
  }
}

/**
 * Posts JSON. Never throws.
 * @param {string} address
 * @param {object} body
 * @returns {Promise<Reply>}
 */
export async function post(address, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true, // goes on when the page is left
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return await reply(response);
  } catch {
    return {};
  }
}

/**
 * What an answer of the server, or of something before it, means.
 * @param {Response} response
 * @returns {Promise<Reply>}
 */
export async function reply(response) {
  const data = await response.json().catch(() => null);
  if (response.ok) return data ? { data } : {};
  const isFinal = response.status >= 400 && response.status < 500 && !LATER.includes(response.status);
  if (!isFinal) return {};
  const { status } = response;
  return data?.error
    ? { refused: data.error, status }
    : { refused: `The server says ${status}.`, status, foreign: true };
}

const PREFIX = "outbox:";

export class Outbox {
  #pauses = new Pauses();
  #sending = false;
  /** @type {Map<string, number>} */
  #foreign = new Map();
  /** @type {Set<string>} */
  #left = new Set(); // until the next reload

  /**
   * @param {Kept} kept
   * @param {(path: string, body: object) => Promise<Reply>} send
   * @param {Told} told
   */
  constructor(kept, send, told) {
    this.kept = kept;
    this.send = send;
    this.told = told;
  }

  /** What has not been acknowledged, in the order in which it is sent: what finishes comes last. */
  get entries() {
    const order = (/** @type {Entry} */ { body }) => body.trial ?? Infinity;
    const names = this.kept.names().filter((name) => name.startsWith(PREFIX));
    const entries = names.map((name) => /** @type {Entry | null} */ (this.kept.get(name)));
    return entries.filter((entry) => entry !== null).sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** @param {Entry} entry */
  add(entry) {
    this.kept.set(PREFIX + entry.name, entry);
    this.start();
  }

  /** The connection may be back. */
  hurry() {
    this.#pauses.reset();
    this.start();
  }

  /** Sends all that is here, one after the other, until nothing is left that can be sent. */
  async start() {
    if (this.#sending) return;
    this.#sending = true;
    for (let entry = this.#next(); entry; entry = this.#next()) await this.#try(entry);
    this.#sending = false;
  }

  #next() {
    return this.entries.find(({ name }) => !this.#left.has(name));
  }

  /**
   * Lets go of what belongs to another session, which the server has no more: else this one would not have begun.
   * @param {string} session
   */
  keepOnly(session) {
    for (const { name, body } of this.entries) if (body.session !== session) this.kept.remove(PREFIX + name);
  }

  /** @param {Entry} entry */
  async #try(entry) {
    const { data, refused, foreign, status } = await this.send(entry.path, entry.body);
    if (foreign) this.#foreign.set(entry.name, (this.#foreign.get(entry.name) ?? 0) + 1);
    const isLast = refused && (!foreign || this.#foreign.get(entry.name) === MAX_FOREIGN);
    if (isLast && (foreign || status === UNKNOWN)) this.#left.add(entry.name);
    else if (data || isLast) this.kept.remove(PREFIX + entry.name);
    if (data || isLast) this.#pauses.reset();
    this.told.away(!data && !isLast);
    if (data) this.told.saved(entry, data);
    else if (isLast) this.told.refused(entry, refused, status);
    else await this.#pauses.next();
  }
}
