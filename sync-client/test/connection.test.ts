import { afterEach, expect, test, vi } from "vitest";
import {
  disconnectSync,
  getSyncStatus,
  initSync,
  onSyncSessionEnded,
  onSyncStatus,
  reconnectSync,
  type SyncStatus,
  syncRequest,
} from "../src/index.js";
import "./routes.js";
import { connected, serve, until, untilConnected } from "./support.js";

const ping = () => syncRequest({ name: "system/ping", version: "v1", receiver: "r" });

afterEach(() => {
  vi.resetModules();
  vi.useRealTimers();
});

/** Time that goes on by itself, and that a test can have pass at once. For all that begins after it. */
const holdTime = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });

/** Lets pass what a page waits before it tries again at the most, and not so much that it gives up the attempt. */
const passTheRetry = () => vi.advanceTimersByTimeAsync(10_000);

test("initSync twice is one connection", async () => {
  const server = await connected();
  initSync({ url: server.url });
  await ping();
  expect(server.greetings).toHaveLength(1);
});

test("initSync with another url moves the connection there", async () => {
  const first = await connected();
  const second = await serve();
  initSync({ url: second.url });
  await untilConnected();
  await ping();
  expect(second.sent("sync")).toHaveLength(1);
  await until(() => first.io.engine.clientsCount === 0);
});

test("a module that is loaded twice shares the page's connection and callbacks", async () => {
  const server = await connected();
  vi.resetModules();
  const again: typeof import("../src/index.js") = await import("../src/index.js");
  expect(again.initSync).not.toBe(initSync);
  again.initSync({ url: server.url });
  expect(again.getSyncStatus()).toBe(getSyncStatus());
  await again.syncRequest({ name: "system/ping", version: "v1", receiver: "r" });
  expect(server.greetings).toHaveLength(1);
});

test("the token is asked for at each connection", async () => {
  let count = 0;
  const server = await connected({}, { auth: async () => `token ${++count}` });
  server.cut();
  await until(() => server.greetings.length === 2);
  expect(server.greetings).toEqual([{ token: "token 1" }, { token: "token 2" }]);
});

test("without a token the handshake has none", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const server = await connected({}, { auth: () => null });
  disconnectSync();
  initSync({ url: server.url, auth: () => Promise.reject(new Error("no")) });
  await untilConnected();
  expect(server.greetings).toEqual([{}, {}]);
  expect(error).toHaveBeenCalledOnce();
  error.mockRestore();
});

test("a token that comes late, for a connection that is gone, is not sent on the next", async () => {
  const give: ((token: string) => void)[] = [];
  const server = await serve();
  initSync({ url: server.url, auth: () => new Promise((resolve) => give.push(resolve)) });
  await until(() => give.length === 1);
  for (const engine of Object.values(server.io.engine["clients"] as Record<string, { close(): void }>)) engine.close();
  await until(() => give.length === 2);
  give[0]?.("old");
  await new Promise((passed) => setTimeout(passed, 50));
  give[1]?.("new");
  await untilConnected();
  expect(server.greetings).toEqual([{ token: "new" }]);
});

test("the status tells of connecting, connected, and reconnecting with the attempt", async () => {
  const server = await serve();
  const seen: SyncStatus[] = [];
  const off = onSyncStatus((status) => seen.push(status));
  const idle = { status: "idle", attempt: 0, lagging: false, queued: 0 };
  expect(getSyncStatus()).toEqual(idle);
  initSync({ url: server.url });
  await untilConnected();
  const { port } = server;
  await server.stop();
  await until(() => getSyncStatus().attempt === 1);
  const again = await serve({ port });
  await untilConnected();
  expect(seen.slice(0, 4)).toMatchObject([
    { status: "connecting", attempt: 0 },
    { status: "connected", attempt: 0 },
    { status: "reconnecting", attempt: 0 },
    { status: "reconnecting", attempt: 1 },
  ]);
  expect(seen.at(-1)).toMatchObject({ status: "connected", attempt: 0 });
  disconnectSync();
  expect(getSyncStatus()).toEqual(idle);
  off();
  await again.stop();
});

test("a page that the server puts out comes back", async () => {
  const server = await connected();
  server.io.disconnectSockets();
  await until(() => server.greetings.length === 2);
  await untilConnected();
  expect((await ping()).status).toBe("success");
});

test("a page whose handshake is refused tries again", async () => {
  const server = await serve({ refuse: 2 });
  initSync({ url: server.url });
  await untilConnected();
  expect(server.greetings).toHaveLength(3);
});

test("after disconnectSync nothing comes back", async () => {
  holdTime();
  const server = await connected();
  server.io.disconnectSockets();
  await until(() => getSyncStatus().status === "reconnecting");
  disconnectSync();
  await passTheRetry();
  // Something that had begun to come back would be there before this.
  initSync({ url: server.url });
  await untilConnected();
  await ping();
  expect(server.greetings).toHaveLength(2);
});

test.each(["loggedOut", "revoked", "expired"])("a session that is over (%s) is told, and not connected again", async (reason) => {
  holdTime();
  const server = await connected();
  const ends: unknown[] = [];
  const off = onSyncSessionEnded((end) => ends.push(end));
  server.io.emit("sync-session-ended", { reason });
  server.io.disconnectSockets();
  await until(() => ends.length === 1);
  expect(ends).toEqual([{ reason }]);
  expect(getSyncStatus()).toMatchObject({ status: "sessionEnded", attempt: 0 });
  await passTheRetry();
  expect(getSyncStatus()).toMatchObject({ status: "sessionEnded", attempt: 0 });
  // Something that had begun to come back would be there before this.
  reconnectSync();
  await untilConnected();
  await ping();
  expect(server.greetings).toHaveLength(2);
  off();
});

test("after a new login a session that ended is followed by the next, with what waits for its user", async () => {
  const server = await connected({}, { offlineQueue: { identity: "ada" } });
  server.io.emit("sync-session-ended", { reason: "expired" });
  await until(() => getSyncStatus().status === "sessionEnded");
  const waiting = ping();
  reconnectSync();
  expect((await waiting).status).toBe("success");
  expect(server.greetings).toHaveLength(2);
});

test("a page that could not keep up is lagging until it is back", async () => {
  const server = await connected();
  const seen: SyncStatus[] = [];
  const off = onSyncStatus((status) => seen.push(status));
  server.io.emit("sync-lagged", { reason: "slowConsumer" });
  server.io.disconnectSockets();
  await until(() => server.greetings.length === 2);
  await untilConnected();
  off();
  expect(seen).toMatchObject([
    { status: "connected", lagging: true },
    { status: "reconnecting", lagging: true },
    { status: "connected", lagging: false },
  ]);
});
