import { expect, test } from "vitest";
import {
  disconnectSync,
  getSyncStatus,
  initSync,
  joinRoom,
  reconnectSync,
  type SyncError,
  type SyncOptions,
  type SyncRequestOffline,
  syncRequest,
} from "../src/index.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, serve, until, untilConnected } from "./support.js";

const room = "board:demo";
const move = (cardId: string, more: { offline?: SyncRequestOffline; timeoutMs?: number } = {}) =>
  syncRequest({
    name: "board/moveCard",
    version: "v1",
    data: { cardId, toLane: "done" },
    receiver: room,
    ...more,
  });
const ping = (more: { offline?: SyncRequestOffline; timeoutMs?: number } = {}) =>
  syncRequest({ name: "system/ping", version: "v1", receiver: room, ...more });
const cards = (server: TestServer) =>
  server.sent("sync").map(({ data }) => (data as { cardId: string }).cardId);
const codeOf = async (request: Promise<{ status: "success" } | SyncError<string>>) => {
  const answer = await request;
  return answer.status === "error" ? answer.errorCode : answer.status;
};

/** A page whose server is away, and the port it will come back on. */
async function away(sync: SyncOptions): Promise<number> {
  const server = await serve();
  await server.stop();
  initSync({ url: server.url, ...sync });
  return server.port;
}

test("a request says whose it is, where the page does", async () => {
  let identity: string | null = "ada";
  const server = await connected({}, { offlineQueue: { identity: () => identity } });
  await ping();
  identity = null;
  await ping();
  expect(server.sent("sync").map(({ user }) => user)).toEqual(["ada", undefined]);
});

test("the status counts what waits", async () => {
  const port = await away({});
  const answers = [ping(), ping(), ping()];
  expect(getSyncStatus().queued).toBe(3);
  await serve({ port });
  await Promise.all(answers);
  expect(getSyncStatus().queued).toBe(0);
});

test("a full queue refuses one more, unless it may drop one", async () => {
  const wait = { timeoutMs: 100 };
  await away({ offlineQueue: { maxSize: 2 } });
  const refused = await Promise.all([ping(wait), ping(wait), ping(wait)].map(codeOf));
  expect(refused).toEqual(["sync.ioUnavailable", "sync.ioUnavailable", "offline.queueFull"]);

  initSync({ offlineQueue: { maxSize: 2, dropPolicy: "drop-newest" } });
  const newest = await Promise.all([ping(wait), ping(wait), ping(wait)].map(codeOf));
  expect(newest).toEqual(["sync.ioUnavailable", "sync.ioUnavailable", "offline.dropped"]);

  initSync({ offlineQueue: { maxSize: 2, dropPolicy: "drop-oldest" } });
  const oldest = await Promise.all([ping(wait), ping(wait), ping(wait)].map(codeOf));
  expect(oldest).toEqual(["offline.dropped", "sync.ioUnavailable", "sync.ioUnavailable"]);
});

test("a request may have a policy of its own", async () => {
  await away({ offlineQueue: { maxSize: 1 } });
  const first = ping();
  expect(await ping({ offline: { dropPolicy: "drop-newest" } })).toMatchObject({
    errorCode: "offline.dropped",
    errorParams: [
      { key: "reason", value: "full" },
      { key: "sent", value: false },
    ],
  });
  const last = ping({ offline: { dropPolicy: "drop-oldest", maxAgeMs: 50 } });
  expect(await codeOf(first)).toBe("offline.dropped");
  expect(await last).toMatchObject({
    errorCode: "offline.dropped",
    errorParams: [
      { key: "reason", value: "age" },
      { key: "sent", value: false },
    ],
  });
});

test("with an age, the wait has a clock of its own and timeoutMs begins with the sending", async () => {
  const port = await away({ offlineQueue: { maxAgeMs: 60_000 } });
  const answer = ping({ timeoutMs: 1 });
  await new Promise((passed) => setTimeout(passed, 50));
  expect(getSyncStatus().queued).toBe(1);
  await serve({ port, cancelIdDelay: 500 });
  expect(await codeOf(answer)).toBe("sync.requestTimeout");
});

test("a request that does not want to wait fails at once, and is not sent a second time", async () => {
  const port = await away({});
  expect(await ping({ offline: "fail" })).toMatchObject({
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: false }],
  });
  const server = await serve({ port, cancelIdDelay: 60_000 });
  await untilConnected();
  const lost = ping({ offline: "fail" });
  await until(() => server.sent("sync").length === 1);
  // The server would remember for nothing how it was answered.
  expect(server.sent("sync")[0]).not.toHaveProperty("requestId");
  server.cut();
  expect(await lost).toMatchObject({
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: true }],
  });
});

test("a request that does not want to wait gives up its place when the connection goes", async () => {
  const server = await connected({ roomDelay: 60_000 });
  void joinRoom(room);
  const behindTheJoin = move("1", { offline: "fail" });
  expect(getSyncStatus().queued).toBe(1);
  server.cut();
  expect(await codeOf(behindTheJoin)).toBe("sync.ioUnavailable");
});

test("a request whose connection breaks before the answer runs once and gets the first run's answer", async () => {
  const server = await connected({ answerDelay: 200 });
  await joinRoom(room);
  const answers = ["1", "2", "3"].map((cardId) => move(cardId));
  await until(() => server.runs.length === 3);
  server.cut();
  answers.push(move("4"));
  expect(await Promise.all(answers.map(codeOf))).toEqual(["success", "success", "success", "success"]);
  expect(server.runs).toHaveLength(4);
  expect(cards(server)).toEqual(["1", "2", "3", "1", "2", "3", "4"]);
  const ids = server.sent("sync").map(({ requestId }) => requestId);
  expect(ids.slice(0, 3)).toEqual(ids.slice(3, 6));
  // The server is told that it may have run, in case it cannot find out.
  const repeats = server.sent("sync").map(({ repeat }) => repeat);
  expect(repeats.slice(0, 6)).toEqual([undefined, undefined, undefined, true, true, true]);
});

test("with retry off, a request whose connection breaks may have run and is not sent again", async () => {
  const server = await connected({ cancelIdDelay: 60_000 }, { retry: false });
  const lost = ping();
  await until(() => server.sent("sync").length === 1);
  server.cut();
  expect(await lost).toMatchObject({
    status: "error",
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: true }],
  });
  await untilConnected();
  expect(server.sent("sync")).toHaveLength(1);
});

test("what the server may have forgotten is not sent again", async () => {
  const server = await connected(
    { cancelIdDelay: 60_000 },
    { retry: { withinMs: 100 }, offlineQueue: { maxAgeMs: 60_000 } },
  );
  const lost = ping();
  await until(() => server.sent("sync").length === 1);
  await server.stop();
  expect(await lost).toMatchObject({
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: true }],
  });
});

test("a request sent again is still bound by its timeout and can still be aborted", async () => {
  const server = await connected({ cancelIdDelay: 60_000 });
  const aborted = new AbortController();
  const requests = [
    ping({ timeoutMs: 1_500 }),
    syncRequest({ name: "system/ping", version: "v1", receiver: room, signal: aborted.signal }),
  ];
  await until(() => server.sent("sync").length === 2);
  server.cut();
  await until(() => server.sent("sync").length === 4);
  aborted.abort();
  expect(await Promise.all(requests.map(codeOf))).toEqual(["sync.requestTimeout", "request.aborted"]);
});

test("data that the caller changes meanwhile is sent as it was", async () => {
  const server = await serve();
  const data = { cardId: "1", toLane: "done" };
  const answer = syncRequest({ name: "board/moveCard", version: "v1", data, receiver: room });
  data.cardId = "2";
  initSync({ url: server.url });
  await answer;
  expect(cards(server)).toEqual(["1"]);
});

test("what waits for a session that is over is given up, unless the user is the same", async () => {
  let user: string | null = null;
  const port = await away({ offlineQueue: { identity: () => user } });
  const anonymous = ping();
  user = "ada";
  reconnectSync();
  expect(await anonymous).toMatchObject({
    errorCode: "offline.dropped",
    errorParams: [
      { key: "reason", value: "session" },
      { key: "sent", value: false },
    ],
  });
  const hers = ping();
  reconnectSync();
  user = "ben";
  const his = ping();
  reconnectSync();
  const server = await serve({ port });
  expect(await Promise.all([hers, his].map(codeOf))).toEqual(["offline.dropped", "success"]);
  expect(server.runs).toHaveLength(1);
});

test("disconnectSync settles what waits", async () => {
  await away({ offlineQueue: { maxAgeMs: 60_000 } });
  const waiting = ping();
  disconnectSync();
  expect(await codeOf(waiting)).toBe("offline.dropped");
});
