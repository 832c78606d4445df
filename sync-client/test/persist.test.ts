import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { syncClient } from "../src/client.js";
import {
  getSyncStatus,
  initSync,
  reconnectSync,
  type SyncKeptRequest,
  type SyncOfflineStore,
  type SyncOptions,
  type SyncRequestOffline,
  syncRequest,
} from "../src/index.js";
import { indexedDbQueue, type IndexedDbQueueOptions } from "../src/persist.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { serve, until, untilConnected } from "./support.js";

const name = () => `queue of ${expect.getState().currentTestName}`;
let user: string | null = "ada";
beforeEach(() => {
  user = "ada";
});
afterEach(() => vi.unstubAllGlobals());

/** Opens the page: anew, when it was open before. */
function openPage(url: string, options: IndexedDbQueueOptions = {}, sync: SyncOptions = {}): void {
  const persist = indexedDbQueue({ name: name(), ...options });
  initSync({ url, offlineQueue: { maxAgeMs: 60_000, identity: () => user, persist }, ...sync });
}

/** Takes the page away, as a reload does: nothing of it settles. */
function closePage(): void {
  syncClient().connection.close();
  Reflect.deleteProperty(globalThis, Symbol.for("sync-client/1"));
}

/** Where nobody listens, until a server is started on the port. */
async function nowhere(): Promise<{ url: string; port: number }> {
  const { url, port, stop } = await serve();
  await stop();
  return { url, port };
}

function ask(text: string, offline?: SyncRequestOffline): void {
  const data = { cardId: text, toLane: "done" };
  void syncRequest({ name: "board/moveCard", version: "v1", data, receiver: "r", ...(offline && { offline }) });
}

async function kept(): Promise<string[]> {
  const opening = indexedDB.open(name(), 1);
  // Whoever is first makes the table.
  opening.onupgradeneeded = () => opening.result.createObjectStore("requests", { keyPath: "id" });
  const rows = await new Promise<{ request: { packet: { data: { cardId: string } } } }[]>((resolve) => {
    opening.onsuccess = () => {
      const all = opening.result.transaction("requests").objectStore("requests").getAll();
      all.onsuccess = () => resolve(all.result);
    };
  });
  opening.result.close();
  return rows.map(({ request }) => request.packet.data.cardId).sort();
}

/** Polls what is kept: writing takes its time. */
const untilKept = (...cards: string[]) =>
  vi.waitFor(async () => expect(await kept()).toEqual(cards), { timeout: 8_000, interval: 10 });

const sent = (server: TestServer) =>
  server.sent("sync").map(({ data }) => (data as { cardId: string }).cardId);

/** A page that asks, and goes before anybody answers. */
async function leave(url: string, ...cards: string[]): Promise<void> {
  openPage(url);
  for (const card of cards) ask(card);
  await untilKept(...cards);
  closePage();
}

test("what waited is sent by the next page, in order, before what that page asks", async () => {
  const { url, port } = await nowhere();
  await leave(url, "1", "2", "3");
  const settled: string[] = [];
  const found: unknown[] = [];
  openPage(url, {
    onRestored: (what) => found.push(what),
    onSettled: ({ packet }, answer) => {
      settled.push(`${packet.data["cardId"]} ${answer.status === "error" ? answer.errorCode : ""}`);
    },
  });
  ask("4");
  const server = await serve({ port });
  await until(() => settled.length === 3 && sent(server).length === 4);
  expect(sent(server)).toEqual(["1", "2", "3", "4"]);
  expect(found).toEqual([{ restored: 3, forgotten: 0 }]);
  expect(settled.sort()).toEqual(["1 sync.notRoomMember", "2 sync.notRoomMember", "3 sync.notRoomMember"]);
  await untilKept();
});

test("what waited is sent before what the page asks also when it is found only after the page has connected", async () => {
  const { url, port } = await nowhere();
  await leave(url, "1", "2", "3");
  const server = await serve({ port });
  const persist = indexedDbQueue({ name: name() });
  let found = () => {};
  const search = new Promise<void>((resolve) => (found = resolve));
  const slow: SyncOfflineStore = { ...persist, take: (identity) => search.then(() => persist.take(identity)) };
  openPage(url, {}, { offlineQueue: { maxAgeMs: 60_000, identity: () => user, persist: slow } });
  ask("4");
  await untilConnected();
  expect(sent(server)).toEqual([]);
  found();
  await until(() => sent(server).length === 4);
  expect(sent(server)).toEqual(["1", "2", "3", "4"]);
});

test("a request that was sent has the same id on the next page, and runs once", async () => {
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  const server = await serve({ port, answerDelay: 60_000 });
  await until(() => server.runs.length === 1);
  closePage();
  openPage(url);
  await until(() => server.sent("sync").length === 2);
  expect(server.runs).toHaveLength(1);
  const [first, second] = server.sent("sync");
  expect(second?.["requestId"]).toBe(first?.["requestId"]);
});

test("what may have run too long ago to be sent again is told to have, and not sent", async () => {
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  const server = await serve({ port, answerDelay: 60_000 });
  await until(() => server.runs.length === 1);
  closePage();
  const settled: unknown[] = [];
  const onSettled = (_: unknown, answer: unknown) => settled.push(answer);
  openPage(url, { onSettled }, { retry: { withinMs: 0 } });
  await until(() => settled.length === 1);
  expect(settled).toMatchObject([
    { errorCode: "sync.ioUnavailable", errorParams: [{ key: "sent", value: true }] },
  ]);
  expect(server.sent("sync")).toHaveLength(1);
});

test("another user sends nothing of what was left, and it is forgotten", async () => {
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  closePage();
  user = "ben";
  const found: unknown[] = [];
  openPage(url, { onRestored: (what) => found.push(what) });
  const server = await serve({ port });
  await untilConnected();
  ask("2");
  await until(() => sent(server).length === 1);
  expect(sent(server)).toEqual(["2"]);
  expect(found).toEqual([{ restored: 0, forgotten: 1 }]);
  await untilKept();
});

test("while nobody is logged in it is left alone, and sent when its user is back", async () => {
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  closePage();
  user = null;
  openPage(url);
  const server = await serve({ port });
  await untilConnected();
  ask("nobody's");
  await until(() => sent(server).length === 1);
  expect(await kept()).toEqual(["1"]);
  user = "ada";
  reconnectSync();
  await until(() => sent(server).length === 2);
  expect(sent(server)).toEqual(["nobody's", "1"]);
});

test("what waits when the user logs out settles, and is not kept", async () => {
  const { url } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  user = null;
  reconnectSync();
  await untilKept();
});

test("a request that does not want to be kept, or is nobody's, is not", async () => {
  const { url } = await nowhere();
  openPage(url);
  ask("1", { persist: false });
  user = null;
  ask("2");
  user = "ada";
  ask("3");
  await untilKept("3");
  expect(getSyncStatus().queued).toBe(3);
});

test("what is too old is given up by the next page", async () => {
  const { url } = await nowhere();
  openPage(url);
  ask("1", { maxAgeMs: 1_000 });
  await untilKept("1");
  closePage();
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 2_000);
  const settled: unknown[] = [];
  openPage(url, { onSettled: (_, answer) => settled.push(answer) });
  await until(() => settled.length === 1);
  vi.restoreAllMocks();
  expect(settled).toMatchObject([{ errorCode: "offline.dropped" }]);
});

/** Locks, which Node has none of, as shared between pages as a browser's. */
function stubLocks(): Set<string> {
  const held = new Set<string>();
  vi.stubGlobal("navigator", {
    locks: {
      request: (lock: string, hold: () => Promise<void>) => {
        held.add(lock);
        return hold().finally(() => held.delete(lock));
      },
      query: async () => ({ held: [...held].map((lock) => ({ name: lock })) }),
    },
  });
  return held;
}

test("what a page in another tab waits with is left to it", async () => {
  const held = stubLocks();
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
  closePage();
  const [first] = held;
  openPage(url);
  const server = await serve({ port });
  await untilConnected();
  ask("2");
  await until(() => sent(server).length === 1);
  expect(sent(server)).toEqual(["2"]);
  closePage();
  held.delete(first ?? "");
  openPage(url);
  await until(() => sent(server).length === 2);
  expect(sent(server)).toEqual(["2", "1"]);
});

test("without IndexedDB requests wait as long as the page lives", async () => {
  vi.stubGlobal("indexedDB", undefined);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const { url, port } = await nowhere();
  openPage(url);
  ask("1");
  const server = await serve({ port });
  await until(() => sent(server).length === 1);
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

/** A request of Ada's, as it is kept. */
const request = (card: string, more: Partial<SyncKeptRequest> = {}): SyncKeptRequest => ({
  packet: { name: "sync/board/moveCard/v1", cb: "board/moveCard/v1", data: { cardId: card }, receiver: "r", requestId: card },
  identity: "ada",
  askedAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  ...more,
});
const cardsOf = (requests: SyncKeptRequest[]) => requests.map(({ packet }) => packet.data["cardId"]);

test("of two pages that come at the same time, one takes over what was left and the other leaves it alone", async () => {
  const held = stubLocks();
  const gone = indexedDbQueue({ name: name() });
  gone.put(request("1"));
  await untilKept("1");
  held.clear();

  const { query } = navigator.locks;
  let answer = () => {};
  // The first to ask hears late who lived when it asked.
  vi.spyOn(navigator.locks, "query").mockImplementationOnce(async () => {
    const lived = await query();
    await new Promise<void>((resolve) => (answer = resolve));
    return lived;
  });
  const [one, other] = [indexedDbQueue({ name: name() }), indexedDbQueue({ name: name() })];
  const late = one.take("ada");
  await vi.waitFor(() => expect(navigator.locks.query).toHaveBeenCalled());
  expect(cardsOf(await other.take("ada"))).toEqual(["1"]);
  other.put(request("2"));
  await untilKept("1", "2");
  answer();
  expect(await late).toEqual([]);
  expect(await kept()).toEqual(["1", "2"]);
});

test("a page lives from its first request on, also when it has not looked for those of others", async () => {
  stubLocks();
  indexedDbQueue({ name: name() }).put(request("1"));
  await untilKept("1");
  expect(await indexedDbQueue({ name: name() }).take("ben")).toEqual([]);
  expect(await kept()).toEqual(["1"]);
});

test("a page that may have no locks keeps its requests all the same", async () => {
  const request = () => Promise.reject(new Error("not here"));
  vi.stubGlobal("navigator", { locks: { request, query: async () => ({}) } });
  const { url } = await nowhere();
  openPage(url);
  ask("1");
  await untilKept("1");
});

test("when the disk is full, no request is kept in an older state than it has", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const store = indexedDbQueue({ name: name() });
  store.put(request("1"));
  await untilKept("1");
  const commit = vi.spyOn(IDBTransaction.prototype, "commit").mockImplementation(function (this: IDBTransaction) {
    this.abort();
  });
  store.put(request("1", { sentAt: Date.now() }));
  await untilKept();
  expect(warn).toHaveBeenCalledOnce();
  commit.mockRestore();
  store.put(request("2"));
  await untilKept("2");
  warn.mockRestore();
});

test("the user can clear the site's data while the page is open, and what is asked then is kept", async () => {
  const store = indexedDbQueue({ name: name() });
  store.put(request("1"));
  await untilKept("1");
  await new Promise<void>((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name());
    deleting.onsuccess = () => resolve();
    deleting.onblocked = () => reject(new Error("the page holds on to it"));
  });
  store.put(request("2"));
  await untilKept("2");
});

test("what was taken over for a user who has gone meanwhile is given up", async () => {
  let give = (_: SyncKeptRequest[]) => {};
  const removed: string[] = [];
  const settled: unknown[] = [];
  const persist: SyncOfflineStore = {
    take: (of) => (of === "ada" ? new Promise((resolve) => (give = resolve)) : Promise.resolve([])),
    put: () => {},
    remove: (id) => removed.push(id),
    settled: (_, answer) => settled.push(answer),
  };
  const server = await serve();
  initSync({ url: server.url, offlineQueue: { identity: () => user, persist } });
  await untilConnected();
  user = "ben";
  reconnectSync();
  give([request("1")]);
  await until(() => settled.length === 1);
  expect(removed).toEqual(["1"]);
  expect(settled).toMatchObject([{ errorCode: "offline.dropped", errorParams: [{ value: "session" }, { value: false }] }]);
  expect(sent(server)).toEqual([]);
});

test("what was sent later than the clock says now is not sent again", async () => {
  const server = await serve();
  indexedDbQueue({ name: name() }).put(request("1", { sentAt: Date.now() + 3_600_000, expiresAt: Date.now() + 86_400_000 }));
  await untilKept("1");
  const settled: unknown[] = [];
  openPage(server.url, { onSettled: (_, answer) => settled.push(answer) });
  await until(() => settled.length === 1);
  expect(settled).toMatchObject([{ errorCode: "sync.ioUnavailable", errorParams: [{ key: "sent", value: true }] }]);
  expect(sent(server)).toEqual([]);
});
