import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { syncClient } from "../src/client.js";
import {
  getSyncStatus,
  initSync,
  reconnectSync,
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

test("what waited is sent by the next page, in order, before what that page asks", async () => {
  const { url, port } = await nowhere();
  openPage(url);
  for (const card of ["1", "2", "3"]) ask(card);
  await untilKept("1", "2", "3");
  closePage();
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

test("what a page in another tab waits with is left to it", async () => {
  // Node has no locks; these are as shared between pages as a browser's.
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
