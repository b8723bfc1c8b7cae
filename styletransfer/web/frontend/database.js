/**
 * What the browser keeps between two visits: values under keys, in an IndexedDB of this page's own. Where a browser has
 * none to give (some have not in a private window), values are kept as long as the page. It may close the one that it
 * gave at any time, as when its data are cleared: then the database is opened anew.
 */

const VERSION = 1;

/** @typedef {"results" | "sounds" | "page"} Store */
/** @typedef {{ store: Store, key: string, value?: unknown }} Change one without a value takes the key away */

/** @type {Record<Store, Map<string, unknown>>} */
const passing = { results: new Map(), sounds: new Map(), page: new Map() };
const STORES = Object.keys(passing);

/** @type {Promise<IDBDatabase | null> | null} */
let opened = null;

function database() {
  opened ??= open().catch(() => null);
  return opened;
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    // A server may have pages under several paths.
    const request = indexedDB.open(`styletransfer ${new URL(".", document.baseURI).pathname}`, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const kept = request.result;
      kept.onclose = kept.onversionchange = () => letGo(kept);
      done(kept);
    };
    request.onerror = () => failed(request.error);
  });
}

/** @param {IDBDatabase} kept */
function letGo(kept) {
  kept.close();
  opened = null;
}

/**
 * Does something with the database, in a second one where the first was closed meanwhile.
 * @template T
 * @param {(kept: IDBDatabase) => Promise<T>} task
 * @param {() => T} otherwise where there is none
 * @returns {Promise<T>}
 */
async function using(task, otherwise) {
  const kept = await database();
  if (!kept) return otherwise();
  try {
    return await task(kept);
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") throw error;
    letGo(kept);
  }
  const anew = await database();
  return anew ? task(anew) : otherwise();
}

/** Whether anything outlasts the page. */
export async function isLasting() {
  return (await database()) !== null;
}

/**
 * @param {Store} store
 * @param {string} key
 * @returns {Promise<any>} undefined where there is none, or none that can be read
 */
export function read(store, key) {
  const kept = (/** @type {IDBDatabase} */ database) => ended(objectsOf(database, store).get(key));
  return using(kept, () => passing[store].get(key)).catch(() => undefined);
}

/**
 * @param {Store} store
 * @returns {Promise<any[]>}
 */
export function readAll(store) {
  const kept = (/** @type {IDBDatabase} */ database) => ended(objectsOf(database, store).getAll());
  return using(kept, () => [...passing[store].values()]).catch(() => []);
}

/**
 * @param {Store} store
 * @returns {Promise<string[]>}
 */
export function keysOf(store) {
  const kept = (/** @type {IDBDatabase} */ database) => ended(objectsOf(database, store).getAllKeys());
  return using(kept, () => [...passing[store].keys()]).catch(() => []);
}

/**
 * Makes all the changes or none. Fails with a QuotaExceededError where there is no room.
 * @param {Change[]} changes
 */
export function write(...changes) {
  return using(
    (kept) => {
      const transaction = kept.transaction(STORES, "readwrite");
      for (const { store, key, value } of changes) {
        const objects = transaction.objectStore(store);
        if (value === undefined) objects.delete(key);
        else objects.put(value, key);
      }
      return done(transaction);
    },
    () => {
      for (const { store, key, value } of changes) {
        if (value === undefined) passing[store].delete(key);
        else passing[store].set(key, value);
      }
    },
  );
}

/** Takes everything away. */
export function clear() {
  for (const values of Object.values(passing)) values.clear();
  return using(
    (kept) => {
      const transaction = kept.transaction(STORES, "readwrite");
      for (const store of STORES) transaction.objectStore(store).clear();
      return done(transaction);
    },
    () => {},
  );
}

/**
 * @param {IDBDatabase} kept
 * @param {Store} store
 */
const objectsOf = (kept, store) => kept.transaction(store).objectStore(store);

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function done(transaction) {
  return new Promise((ended, failed) => {
    transaction.oncomplete = () => ended();
    transaction.onabort = () => failed(transaction.error); // at an error of a request there is none yet
  });
}

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
function ended(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}
