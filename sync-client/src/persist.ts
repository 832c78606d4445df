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
  let living: Promise<() => Promise<Set<string>>> | undefined;
  let warned = false;
  /** One after another: a request is put and removed, and taken, in the order that is asked for. */
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: (rows: IDBObjectStore) => Promise<T>): Promise<T> {
    const result = turn.then(async () => {
      database ??= open(name);
      return work((await database).transaction(TABLE, "readwrite").objectStore(TABLE));
    });
    turn = result.catch(failed);
    return result;
  }

  function failed(error: unknown): void {
    // It may have been closed from outside, as when the user clears the site's data.
    database = undefined;
    if (!warned) console.warn("sync-client: requests are not kept across reloads.", error);
    warned = true;
  }

  async function take(identity: string): Promise<SyncKeptRequest[]> {
    living ??= claim(page);
    const pages = await (await living)();
    return inTurn(async (rows) => {
      const all = await done<Row[]>(rows.getAll());
      const left = all.filter((row) => row.page !== page && !pages.has(row.page));
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

  return {
    take: (identity) => inTime(take(identity)).catch(() => []),
    put(request) {
      const row: Row = { id: request.packet.requestId, page, request };
      inTurn((rows) => done(rows.put(row))).catch(() => {});
    },
    remove(requestId) {
      inTurn((rows) => done(rows.delete(requestId))).catch(() => {});
    },
    settled: (request, answer) => callSafely(() => options.onSettled?.(request, answer)),
  };
}

function open(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE, { keyPath: "id" });
  return done(opening);
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
    void locks.request(PREFIX + page, () => {
      claimed();
      return new Promise(() => {});
    });
  });
  return async () => {
    const { held = [] } = await locks.query();
    const pages = held.map(({ name = "" }) => name).filter((lock) => lock.startsWith(PREFIX));
    return new Set(pages.map((lock) => lock.slice(PREFIX.length)));
  };
}
