/**
 * What the browser keeps between two visits: values under keys, in an IndexedDB of this page's own. Where a browser has
 * none to give (some have not in a private window), values are kept as long as the page.
 */

const VERSION = 1;

/** @typedef {"results" | "sounds" | "page"} Store */
/** @typedef {{ store: Store, key: string, value?: unknown }} Change one without a value takes the key away */

/** @type {Record<Store, Map<string, unknown>>} */
const passing = { results: new Map(), sounds: new Map(), page: new Map() };

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
      for (const store of Object.keys(passing)) request.result.createObjectStore(store);
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** Whether anything outlasts the page. */
export async function isLasting() {
  return (await database()) !== null;
}

/**
 * @param {Store} store
 * @param {string} key
 * @returns {Promise<any>} undefined where there is none
 */
export async function read(store, key) {
  const kept = await database();
  return kept ? ended(kept.transaction(store).objectStore(store).get(key)) : passing[store].get(key);
}

/**
 * @param {Store} store
 * @returns {Promise<any[]>}
 */
export async function readAll(store) {
  const kept = await database();
  return kept ? ended(kept.transaction(store).objectStore(store).getAll()) : [...passing[store].values()];
}

/**
 * @param {Store} store
 * @returns {Promise<string[]>}
 */
export async function keysOf(store) {
  const kept = await database();
  return kept ? ended(kept.transaction(store).objectStore(store).getAllKeys()) : [...passing[store].keys()];
}

/**
 * Makes all the changes or none. Fails with a QuotaExceededError where there is no room.
 * @param {Change[]} changes
 */
export async function write(...changes) {
  const kept = await database();
  if (!kept) {
    for (const { store, key, value } of changes) {
      if (value === undefined) passing[store].delete(key);
      else passing[store].set(key, value);
    }
    return;
  }
  const transaction = kept.transaction(Object.keys(passing), "readwrite");
  for (const { store, key, value } of changes) {
    const objects = transaction.objectStore(store);
    if (value === undefined) objects.delete(key);
    else objects.put(value, key);
  }
  await new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = () => failed(transaction.error); // at an error of a request there is none yet
  });
}

/** Takes everything away. */
export async function clear() {
  const kept = await database();
  for (const values of Object.values(passing)) values.clear();
  if (!kept) return;
  const transaction = kept.transaction(Object.keys(passing), "readwrite");
  for (const store of Object.keys(passing)) transaction.objectStore(store).clear();
  await new Promise((done, failed) => {
    transaction.oncomplete = done;
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
