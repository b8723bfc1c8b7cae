import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** Stands in for the browser's IndexedDB: it closes connections, and fails to write, when it is told to. */
class Browser {
  /** @type {Map<string, Map<string, unknown>>} */
  stores = new Map();
  /** @type {any[]} */
  connections = [];
  isRefusing = false;
  /** @type {DOMException | null} */
  writeError = null;

  open() {
    const request = /** @type {any} */ ({});
    setTimeout(() => {
      if (this.isRefusing) {
        request.error = new DOMException("no", "UnknownError");
        request.onerror();
        return;
      }
      request.result = this.connect();
      if (!this.stores.size) request.onupgradeneeded();
      request.onsuccess();
    });
    return request;
  }

  connect() {
    const connection = {
      isClosed: false,
      onclose: () => {},
      close: () => (connection.isClosed = true),
      createObjectStore: (/** @type {string} */ name) => this.stores.set(name, new Map()),
      transaction: () => {
        if (connection.isClosed) throw new DOMException("The connection is closing.", "InvalidStateError");
        return this.begin();
      },
    };
    this.connections.push(connection);
    return connection;
  }

  begin() {
    const transaction = /** @type {any} */ ({ error: this.writeError });
    transaction.objectStore = (/** @type {string} */ name) => {
      const values = /** @type {Map<string, unknown>} */ (this.stores.get(name));
      const answered = (/** @type {unknown} */ result) => {
        const request = /** @type {any} */ ({ result });
        setTimeout(() => request.onsuccess?.());
        return request;
      };
      return {
        get: (/** @type {string} */ key) => answered(values.get(key)),
        getAll: () => answered([...values.values()]),
        put: (/** @type {unknown} */ value, /** @type {string} */ key) => this.writeError ?? values.set(key, value),
      };
    };
    setTimeout(() => (this.writeError ? transaction.onabort?.() : transaction.oncomplete?.()));
    return transaction;
  }

  /** @param {{ isTold: boolean }} how a page may hear of it later than it asks for something */
  closeAll({ isTold }) {
    for (const connection of this.connections) {
      connection.isClosed = true;
      if (isTold) connection.onclose();
    }
  }
}

/** @type {Browser} */
let browser;
/** @type {typeof import("../../styletransfer/web/frontend/database.js")} */
let database;
let count = 0;

beforeEach(async () => {
  browser = new Browser();
  Object.assign(globalThis, { indexedDB: browser, document: { baseURI: "https://example.org/" } });
  database = await import(`../../styletransfer/web/frontend/database.js?${count++}`); // as a page loaded anew
  await database.write({ store: "page", key: "a", value: 1 });
});

for (const isTold of [true, false]) {
  test(`a database that the browser closes is opened anew, ${isTold ? "" : "not "}told of it`, async () => {
    browser.closeAll({ isTold });
    assert.equal(await database.read("page", "a"), 1);
    browser.closeAll({ isTold });
    await database.write({ store: "page", key: "b", value: 2 });
    browser.closeAll({ isTold });
    assert.deepEqual(await database.readAll("page"), [1, 2]);
    assert.equal(await database.isLasting(), true);
  });
}

test("where it gives no other, values are kept as long as the page", async () => {
  browser.closeAll({ isTold: true });
  browser.isRefusing = true;
  await database.write({ store: "page", key: "b", value: 2 });
  assert.deepEqual(await database.readAll("page"), [2]);
  assert.equal(await database.isLasting(), false);
});

test("that there is no room is told, and no reason to open another", async () => {
  browser.writeError = new DOMException("full", "QuotaExceededError");
  await assert.rejects(database.write({ store: "page", key: "b", value: 2 }), { name: "QuotaExceededError" });
  assert.equal(browser.connections.length, 1);
});
