import { expect, test } from "vitest";
import { syncClient } from "../src/client.js";
import { initSync, joinRoom, onSyncStatus, syncRequest } from "../src/index.js";
import "./routes.js";
import { connected, serve, until, untilConnected } from "./support.js";

const room = "board:demo";
const move = (cardId: string) =>
  syncRequest({ name: "board/moveCard", version: "v1", data: { cardId, toLane: "done" }, receiver: room });

test("a request is on the wire what docs/wire.md says", async () => {
  const server = await connected();
  await joinRoom(room);
  await syncRequest({
    name: "board/moveCard",
    version: "v1",
    data: { cardId: "1", toLane: "done" },
    receiver: room,
    ignoreSelf: true,
  });
  expect(server.sent("sync")).toEqual([
    {
      name: "sync/board/moveCard/v1",
      cb: "board/moveCard/v1",
      data: { cardId: "1", toLane: "done" },
      receiver: room,
      ignoreSelf: true,
      responseIndex: expect.any(Number),
      requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    },
  ]);
});

test("a request without data sends an empty object", async () => {
  const server = await connected();
  await syncRequest({ name: "system/ping", version: "v1", receiver: room });
  expect(server.sent("sync")[0]?.["data"]).toEqual({});
});

test("an answer is given as it came, success or error", async () => {
  await connected();
  await joinRoom(room);
  expect(await move("7")).toEqual({
    status: "success",
    message: "done",
    result: { status: "success", cardId: "7" },
  });
  expect(await move("none")).toEqual({
    status: "error",
    message: "refused: board.cardNotFound",
    errorCode: "board.cardNotFound",
    errorParams: [{ key: "cardId", value: "none" }],
    httpStatus: 404,
  });
});

test("an answer that is none is an error", async () => {
  await connected();
  await joinRoom(room);
  const answer = await syncRequest({ name: "board/broken", version: "v1", receiver: room });
  expect(answer).toMatchObject({ status: "error", errorCode: "sync.invalidServerResponse" });
});

test("a name, a version or data that cannot be sent settles with an error", async () => {
  const server = await connected();
  const wrong = async (changes: object) => {
    const request = syncClient().request;
    const answer = await request({ name: "a/b", version: "v1", receiver: "r", ...changes });
    return answer.status === "error" && answer.errorCode;
  };
  expect(await wrong({ name: "b" })).toBe("sync.invalidName");
  expect(await wrong({ name: 5 })).toBe("sync.invalidName");
  expect(await wrong({ version: "1" })).toBe("sync.invalidVersion");
  expect(await wrong({ version: "v0" })).toBe("sync.invalidVersion");
  expect(await wrong({ data: { n: 1n } })).toBe("sync.invalidRequest");
  expect(server.sent("sync")).toEqual([]);
});

test("requests made before the connection stands go out in order when it does", async () => {
  const server = await serve();
  const answers = ["1", "2", "3"].map(move);
  const joined = joinRoom(room);
  initSync({ url: server.url });
  expect((await joined).status).toBe("success");
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(["success", "success", "success"]);
  expect(server.sent("sync").map(({ data }) => (data as { cardId: string }).cardId)).toEqual(["1", "2", "3"]);
});

test("a request made the moment the connection stands does not overtake those that wait", async () => {
  const server = await serve();
  const answers = [move("1"), move("2")];
  const off = onSyncStatus(({ status }) => {
    if (status !== "connected") return;
    off();
    answers.push(move("3"));
  });
  initSync({ url: server.url });
  await untilConnected();
  await Promise.all(answers);
  expect(server.sent("sync").map(({ data }) => (data as { cardId: string }).cardId)).toEqual(["1", "2", "3"]);
});

test("a request that finds no connection in time has not run, and says so", async () => {
  const server = await serve();
  const ping = { name: "system/ping", version: "v1", receiver: room } as const;
  expect(await syncRequest({ ...ping, timeoutMs: 30 })).toMatchObject({
    status: "error",
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: false }],
  });
  initSync({ url: server.url });
  expect((await syncRequest(ping)).status).toBe("success");
  expect(server.sent("sync")).toHaveLength(1);
});

test("a timeout settles the request and cancels it on the server", async () => {
  const server = await connected();
  await joinRoom(room);
  const answer = await syncRequest({ name: "board/slow", version: "v1", receiver: room, timeoutMs: 100 });
  expect(answer).toMatchObject({ status: "error", errorCode: "sync.requestTimeout" });
  await until(() => server.sent("syncCancel").length === 1);
  const id = server.sent("sync")[0]?.["requestId"];
  expect(server.sent("syncCancel")).toEqual([{ cb: `cancel-${id}` }]);
});

test("a timeout of Infinity does not expire at once", async () => {
  await connected();
  const answer = await syncRequest({
    name: "system/ping",
    version: "v1",
    receiver: room,
    timeoutMs: Number.POSITIVE_INFINITY,
  });
  expect(answer.status).toBe("success");
});

test("a timeout that is no number settles the request all the same", async () => {
  await connected();
  await joinRoom(room);
  const answer = await syncRequest({ name: "board/slow", version: "v1", receiver: room, timeoutMs: Number.NaN });
  expect(answer).toMatchObject({ status: "error", errorCode: "sync.requestTimeout" });
});

test("an abort settles the request and cancels it, even before the server said how", async () => {
  const server = await connected({ cancelIdDelay: 400 });
  await joinRoom(room);
  const aborted = new AbortController();
  const answer = syncRequest({ name: "board/slow", version: "v1", receiver: room, signal: aborted.signal });
  await until(() => server.sent("sync").length === 1);
  aborted.abort();
  expect(await answer).toMatchObject({ status: "error", errorCode: "request.aborted" });
  expect(server.sent("syncCancel")).toEqual([]);
  await until(() => server.sent("syncCancel").length === 1);
});

test("a request that is aborted while it waits, or before, is never sent", async () => {
  const server = await serve();
  const aborted = new AbortController();
  const ping = { name: "system/ping", version: "v1", receiver: room } as const;
  const waiting = syncRequest({ ...ping, signal: aborted.signal });
  aborted.abort();
  expect(await waiting).toMatchObject({ errorCode: "request.aborted" });
  expect(await syncRequest({ ...ping, signal: aborted.signal })).toMatchObject({ errorCode: "request.aborted" });
  initSync({ url: server.url });
  expect((await syncRequest(ping)).status).toBe("success");
  expect(server.sent("sync")).toHaveLength(1);
});

test("a request that Socket.IO kept for the next connection is sent on it once", async () => {
  const server = await connected();
  const socket = syncClient().connection.live();
  if (!socket?.io.engine) throw new Error("not connected");
  // What a laptop finds on waking: the last ping is overdue, the connection not yet declared dead.
  socket.io.engine._hasPingExpired = () => true;
  const lost = syncRequest({ name: "system/ping", version: "v1", receiver: room });
  expect(socket.sendBuffer).toHaveLength(1);
  server.cut();
  expect((await lost).status).toBe("success");
  expect(server.sent("sync")).toHaveLength(1);
});

test("onStream hears the payloads, not the cancel id, and one that throws harms nobody", async () => {
  const reported: unknown[] = [];
  globalThis.reportError = (error: unknown) => void reported.push(error);
  await connected();
  await joinRoom(room);
  const chunks: string[] = [];
  const answer = await syncRequest({
    name: "chat/say",
    version: "v1",
    data: { text: "abc" },
    receiver: room,
    onStream: ({ chunk }) => {
      chunks.push(chunk);
      if (chunk === "b") throw new Error("mine");
    },
  });
  expect(answer).toMatchObject({ status: "success", result: { length: 3 } });
  expect(chunks).toEqual(["a", "b", "c"]);
  expect(reported).toEqual([new Error("mine")]);
});
