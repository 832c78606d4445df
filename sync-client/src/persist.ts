/**
 * Keeps requests that wait for a connection across reloads of the page, in the browser's IndexedDB.
 *
 * @module
 */
import type { SyncKeptRequest, SyncOfflineStore } from "./offline.js";
import { callSafely } from "./signal.js";
import { uuid } from "./uuid.js";
import type { Answer } from "./wire.js";

/** What `indexedDbQueue` takes. */
export interface IndexedDbQueueOptions {
  /** The name of the database. Default: `sync-client`. */
  name?: string;
  /**
   * What was found when a user came back: how many requests are sent now, and how many were
   * forgotten since they were of another user. Not called when there was nothing.
   */
  onRestored?: (found: { restored: number; forgotten: number }) => void;
  /**
   * How a request of an earlier page has settled: there is nobody any more who waits for it.
   * `packet` has its `name`, `data` and `receiver`.
   */
  onSettled?: (request: SyncKeptRequest, answer: Answer) => void;
}

/** A request in the database. */
interface Row {
  /** The key: `requestId`. */
  id: string;
  /** The page whose request it is, while that page lives. */
  page: string;
  request: SyncKeptRequest;
}

const TABLE = "requests";
/** Of the locks that pages hold. */
const PREFIX = "sync-client ";
/** Milliseconds to wait for the database. */
const PATIENCE = 3_000;

/**
 * A store for `initSync({ offlineQueue: { identity, persist: indexedDbQueue() } })`.
 *
 * A request is kept from the moment it has to wait until it has settled, with the `identity` it was
 * made under. A later page sends it when `identity` is the same again, however many reloads and
 * logins lie between; the first other identity makes it be forgotten. Requests of a page that still
 * lives in another tab are left to that page.
 *
 * Writing takes a few milliseconds: what is made in the moment a page goes may not be kept. Where
 * there is no IndexedDB, or it fails, requests wait as long as the page lives.
 */
export function indexedDbQueue(options: IndexedDbQueueOptions = {}): SyncOfflineStore {
  const name = options.name ?? "sync-client";
  const page = uuid();
  let database: Promise<IDBDatabase> | undefined;
  let claimed: Promise<() => Promise<Set<string>>> | undefined;
  let warned = false;

  const claimOnce = () => (claimed ??= claim(page));

  /** Works in a transaction of its own. They run in the order that they are asked for. */
  async function transact<T>(work: (rows: IDBObjectStore) => Promise<T>): Promise<T> {
    try {
      // Whoever finds a row has to find that its page lives.
      await claimOnce();
      database ??= inTime(open(name, () => (database = undefined)));
      const transaction = (await database).transaction(TABLE, "readwrite");
      const [result] = await Promise.all([work(transaction.objectStore(TABLE)), committed(transaction)]);
      return result;
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  function failed(error: unknown): void {
    database?.then((opened) => opened.close()).catch(() => {});
    database = undefined;
    if (!warned) console.warn("sync-client: requests are not kept across reloads.", error);
    warned = true;
  }

  async function take(identity: string): Promise<SyncKeptRequest[]> {
    const seen = await transact((rows) => done<Row[]>(rows.getAll()));
    // Asked now: a page that has put a row lived before that, and has gone if it does not any more.
    const lives = await (await claimOnce())();
    const gone = new Set(seen.map((row) => row.page).filter((other) => other !== page && !lives.has(other)));
    if (gone.size === 0) return [];
    return transact(async (rows) => {
      // Another page that has come at the same time may have been faster.
      const left = (await done<Row[]>(rows.getAll())).filter((row) => gone.has(row.page));
      const mine = left.filter(({ request }) => request.identity === identity);
      for (const row of left) {
        if (mine.includes(row)) rows.put({ ...row, page });
        else rows.delete(row.id);
      }
      if (left.length > 0) {
        const found = { restored: mine.length, forgotten: left.length - mine.length };
        callSafely(() => options.onRestored?.(found));
      }
      return mine.map(({ request }) => request).sort((a, b) => a.askedAt - b.askedAt);
    });
  }

  const remove = (requestId: string) => {
    transact((rows) => done(rows.delete(requestId))).catch(() => {});
  };

  return {
    take: (identity) => inTime(take(identity)).catch(() => []),
    put(request) {
      const { requestId } = request.packet;
      const row: Row = { id: requestId, page, request };
      const write = (rows: IDBObjectStore) => {
        const written = done(rows.put(row));
        // At once: the page may go the moment after it has sent the request.
        rows.transaction.commit();
        return written;
      };
      // Where there is no room for its newer state, the older must not be taken for it.
      transact(write).catch(() => remove(requestId));
    },
    remove,
    settled: (request, answer) => callSafely(() => options.onSettled?.(request, answer)),
  };
}

/** Calls `onLost` when it is closed from outside, as when the user clears the site's data. */
async function open(name: string, onLost: () => void): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE, { keyPath: "id" });
  const database = await done(opening);
  const lose = () => {
    database.close();
    onLost();
  };
  // Another page wants to delete it, or to change it, and waits for this one.
  database.onversionchange = lose;
  database.onclose = lose;
  return database;
}

/** What was written is there. A full disk may only say so in the end. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The page sends what it has also when the database does not answer. */
function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("IndexedDB does not answer.")), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * Says that a page lives, and gives the function that tells which others do. A lock goes with its
 * page, however that ends. Without locks no page is known to live: a request that two pages send
 * has the same id in both, and runs once.
 */
async function claim(page: string): Promise<() => Promise<Set<string>>> {
  const locks = typeof navigator === "object" ? navigator.locks : undefined;
  if (!locks) return async () => new Set();
  await new Promise<void>((claimed) => {
    const lock = locks.request(PREFIX + page, () => {
      claimed();
      return new Promise(() => {});
    });
    // A page may be forbidden to have any.
    lock.catch(() => claimed());
  });
  return async () => {
    const { held = [] } = await locks.query();
    const pages = held.map(({ name = "" }) => name).filter((lock) => lock.startsWith(PREFIX));
    return new Set(pages.map((lock) => lock.slice(PREFIX.length)));
  };
}
