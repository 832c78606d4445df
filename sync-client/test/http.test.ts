import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { httpTransport } from "../src/http.js";
import {
  getSyncStatus,
  initSync,
  joinRoom,
  type SyncOptions,
  syncRequest,
  upsertSyncEventCallback,
} from "../src/index.js";
import { readEvents } from "../src/sse.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, serve, until } from "./support.js";

const room = "board:demo";
const transport = httpTransport();
const move = (cardId: string, more: { ignoreSelf?: boolean; offline?: "fail"; timeoutMs?: number } = {}) =>
  syncRequest({
    name: "board/moveCard",
    version: "v1",
    data: { cardId, toLane: "done" },
    receiver: room,
    ...more,
  });

/** A member of the room that asks over HTTP. */
async function member(sync: SyncOptions = {}): Promise<TestServer> {
  const server = await connected({}, { auth: "me", transport, ...sync });
  await joinRoom(room);
  return server;
}

afterEach(() => vi.restoreAllMocks());

test("a request is posted as docs/wire.md says, and its delivery comes over the socket", async () => {
  const server = await member();
  const heard: unknown[] = [];
  const route = { name: "board/moveCard", version: "v1" } as const;
  upsertSyncEventCallback({ ...route, callback: ({ serverOutput }) => heard.push(serverOutput) });
  expect(await move("7")).toEqual({
    status: "success",
    message: "done",
    result: { status: "success", cardId: "7" },
  });
  expect(server.sent("sync")).toEqual([]);
  expect(server.sent("POST")).toEqual([
    {
      name: "sync/board/moveCard/v1",
      data: { cardId: "7", toLane: "done" },
      receiver: room,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      authorization: "Bearer me",
      accept: "*/*",
    },
  ]);
  await until(() => heard.length === 1);
  await move("8", { ignoreSelf: true });
  expect(server.sent("POST")[1]).toMatchObject({ ignoreSelf: true });
});

test("an error is the envelope that came with its HTTP status", async () => {
  await member();
  expect(await move("none")).toEqual({
    status: "error",
    message: "refused: board.cardNotFound",
    errorCode: "board.cardNotFound",
    errorParams: [{ key: "cardId", value: "none" }],
    httpStatus: 404,
  });
});

test("with onStream the answer is an event stream, heard as it comes", async () => {
  const server = await member();
  const chunks: string[] = [];
  const answer = await syncRequest({
    name: "chat/say",
    version: "v1",
    data: { text: "abc" },
    receiver: room,
    onStream: ({ chunk }) => chunks.push(chunk),
  });
  expect(answer).toMatchObject({ status: "success", result: { length: 3 } });
  expect(chunks).toEqual(["a", "b", "c"]);
  expect(server.sent("POST")[0]).toMatchObject({ accept: "text/event-stream" });
});

test("one request may go over HTTP while the others go over the socket", async () => {
  const server = await member();
  initSync({ url: server.url, auth: "me" });
  await syncRequest({ name: "system/ping", version: "v1", receiver: room, transport });
  await syncRequest({ name: "system/ping", version: "v1", receiver: room });
  expect([server.sent("POST").length, server.sent("sync").length]).toEqual([1, 1]);
});

test("a timeout and an abort break the request off", async () => {
  const server = await member();
  const aborted = new AbortController();
  const slow = { name: "board/slow", version: "v1", receiver: room } as const;
  const requests = [syncRequest({ ...slow, timeoutMs: 100 }), syncRequest({ ...slow, signal: aborted.signal })];
  await until(() => server.sent("POST").length === 2);
  aborted.abort();
  expect(await Promise.all(requests)).toMatchObject([
    { errorCode: "sync.requestTimeout" },
    { errorCode: "request.aborted" },
  ]);
  await until(() => server.sent("gone").length === 2);
});

test("cookies and tokens go along as initSync says", async () => {
  const server = await member();
  const fetched = vi.spyOn(globalThis, "fetch");
  await move("1");
  initSync({ url: server.url, transport, auth: () => null, withCredentials: false });
  await syncRequest({ name: "system/ping", version: "v1", receiver: room });
  expect(fetched.mock.calls.map(([, init]) => init?.credentials)).toEqual(["include", "same-origin"]);
  expect(server.sent("POST").map(({ authorization }) => authorization)).toEqual(["Bearer me", ""]);
});

test("the routes may be elsewhere than the socket, beneath a path", async () => {
  const server = await member();
  const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ status: "error", errorCode: "a.b" }));
  await syncRequest({
    name: "system/ping",
    version: "v1",
    receiver: room,
    transport: httpTransport({ url: `${server.url}/api/` }),
  });
  expect(fetched.mock.calls[0]?.[0]).toBe(`${server.url}/api/sync/system/ping/v1`);
});

test("a request does not wait for a socket, and is sent again until there is a server", async () => {
  const { port, url, stop } = await serve();
  await stop();
  initSync({ url, auth: "me", transport });
  const waiting = syncRequest({ name: "system/ping", version: "v1", receiver: room });
  expect(getSyncStatus().queued).toBe(0);
  await until(() => getSyncStatus().queued === 1);
  const server = await serve({ port });
  expect((await waiting).status).toBe("success");
  expect(server.runs).toHaveLength(1);
});

test("a request that does not want to wait is not sent again", async () => {
  const { url, stop } = await serve();
  await stop();
  initSync({ url, transport });
  expect(await move("1", { offline: "fail" })).toMatchObject({
    errorCode: "sync.ioUnavailable",
    errorParams: [{ key: "sent", value: true }],
  });
});

test("what a gateway says of an absent server is no answer, and what nobody understands is", async () => {
  let status = 502;
  const gateway = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/html" }).end("<h1>Oops</h1>");
    status = 404;
  });
  await new Promise<void>((listening) => gateway.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  initSync({ url: (await serve()).url });
  const answer = await syncRequest({
    name: "system/ping",
    version: "v1",
    receiver: room,
    transport: httpTransport({ url }),
  });
  expect(answer).toMatchObject({ errorCode: "sync.invalidServerResponse" });
  expect(status).toBe(404);
  gateway.close();
});

test("a stream that ends without an answer is asked for again, and its payloads come once", async () => {
  let count = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (event: string, value: object) =>
      response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
    send("stream", { chunk: "a", __stream: { id: "s", index: 0 } });
    count += 1;
    if (count > 1) {
      send("stream", { chunk: "b", __stream: { id: "s", index: 1 } });
      send("final", { status: "success", message: "", result: { status: "success", length: 2 } });
    }
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  initSync({ url: (await serve()).url });
  const chunks: string[] = [];
  const answer = await syncRequest({
    name: "chat/say",
    version: "v1",
    data: { text: "ab" },
    receiver: room,
    transport: httpTransport({ url }),
    onStream: ({ chunk }) => chunks.push(chunk),
  });
  expect(answer.status).toBe("success");
  expect(chunks).toEqual(["a", "b"]);
  server.close();
});

test("events are read however they are cut", async () => {
  const text = ': hello\r\n\r\nevent: stream\r\ndata: {"a":\r\ndata: "ü"}\r\n\r\ndata\n\nevent:final\ndata:1\n\nevent: cut';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const events: unknown[] = [];
    for await (const event of readEvents(body)) events.push(event);
    expect(events).toEqual([
      { event: "message", data: "" },
      { event: "stream", data: '{"a":\n"ü"}' },
      { event: "message", data: "" },
      { event: "final", data: "1" },
    ]);
  }
});
