import { beforeEach, expect, test } from "vitest";
import {
  joinRoom,
  type SyncDelivery,
  syncRequest,
  upsertSyncEventCallback,
  upsertSyncEventStreamCallback,
} from "../src/index.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, until } from "./support.js";

const room = "board:demo";
const route = { name: "board/moveCard", version: "v1" } as const;
const shown = { name: "board/showCard", version: "v1" } as const;

let server: TestServer;
beforeEach(async () => {
  server = await connected();
  await joinRoom(room);
});

async function move(cardId: string): Promise<void> {
  await syncRequest({ ...route, data: { cardId, toLane: "done" }, receiver: room });
  // Packets of one connection are in order: whatever the move caused has come before this answer.
  await syncRequest({ name: "system/ping", version: "v1", receiver: room });
}

/** A delivery of `board/showCard`, as the server would send it to one recipient. */
async function deliver(frame: object): Promise<void> {
  server.io.to(room).emit("sync", frame);
  await syncRequest({ name: "system/ping", version: "v1", receiver: room });
}

const fullName = "sync/board/showCard/v1";

test("a callback hears the deliveries of its route, with both outputs", async () => {
  const heard: unknown[] = [];
  const off = upsertSyncEventCallback({ ...route, callback: (delivery) => heard.push(delivery) });
  upsertSyncEventCallback({ ...shown, callback: () => heard.push("another route") });
  await move("1");
  expect(heard).toEqual([
    {
      status: "success",
      fullName: "sync/board/moveCard/v1",
      message: "done",
      serverOutput: { status: "success", cardId: "1" },
      clientOutput: { status: "success" },
    },
  ]);
  off();
  await move("2");
  expect(heard).toHaveLength(1);
});

test("ignoreSelf keeps a page from hearing of its own request", async () => {
  const heard: unknown[] = [];
  upsertSyncEventCallback({ ...route, callback: (delivery) => heard.push(delivery) });
  await syncRequest({ ...route, data: { cardId: "1", toLane: "a" }, receiver: room, ignoreSelf: true });
  await move("2");
  expect(heard).toHaveLength(1);
});

test("a refusal reaches the callback with the error in both outputs", async () => {
  const heard: SyncDelivery<"board/showCard", "v1">[] = [];
  upsertSyncEventCallback({ ...shown, callback: (delivery) => heard.push(delivery) });
  const error = { status: "error", message: "no", errorCode: "sync.clientRejected", httpStatus: 403 };
  await deliver({ cb: fullName, fullName, ...error });
  expect(heard).toEqual([{ fullName, ...error, serverOutput: error, clientOutput: error }]);
});

test("the offset of a route with history is passed on", async () => {
  const heard: SyncDelivery<"board/showCard", "v1">[] = [];
  upsertSyncEventCallback({ ...shown, callback: (delivery) => heard.push(delivery) });
  await deliver({
    cb: fullName,
    fullName,
    status: "success",
    message: "",
    serverOutput: { status: "success", cardId: "1" },
    clientOutput: { status: "success", notes: null },
    room,
    offset: "e:7",
  });
  expect(heard[0]).toMatchObject({ room, offset: "e:7" });
});

test("messages that are no deliveries are passed over", async () => {
  const heard: unknown[] = [];
  upsertSyncEventCallback({ ...shown, callback: (delivery) => heard.push(delivery) });
  for (const odd of [{ status: "error", errorCode: "sync.invalidRequest", message: "" }, { fullName }, { fullName, status: "new" }, [], null as unknown as object]) {
    await deliver(odd);
  }
  expect(heard).toEqual([]);
});

test("every part of a page that registers on a route hears", async () => {
  const heard: string[] = [];
  for (const name of ["a", "b", "c"]) upsertSyncEventCallback({ ...route, callback: () => heard.push(name) });
  await move("1");
  expect(heard).toEqual(["a", "b", "c"]);
});

test("a key makes a later callback take the place of the earlier one", async () => {
  const heard: string[] = [];
  const register = (text: string) =>
    upsertSyncEventCallback({ ...route, key: "list", callback: () => heard.push(text) });
  const offOld = register("before the hot reload");
  const offNew = register("after");
  offOld();
  await move("1");
  expect(heard).toEqual(["after"]);
  offNew();
  await move("2");
  expect(heard).toEqual(["after"]);
});

test("one function registered twice is called once, until both have taken it off", async () => {
  let count = 0;
  const callback = () => void count++;
  const first = upsertSyncEventCallback({ ...route, callback });
  const second = upsertSyncEventCallback({ ...route, callback });
  await move("1");
  expect(count).toBe(1);
  second();
  second();
  await move("2");
  expect(count).toBe(2);
  first();
  await move("3");
  expect(count).toBe(2);
});

test("a callback that throws does not keep the others from hearing", async () => {
  const reported: unknown[] = [];
  globalThis.reportError = (error: unknown) => void reported.push(error);
  const heard: string[] = [];
  upsertSyncEventCallback({ ...route, callback: () => { throw new Error("mine"); } });
  upsertSyncEventCallback({ ...route, callback: () => heard.push("b") });
  await move("1");
  expect(heard).toEqual(["b"]);
  expect(reported).toEqual([new Error("mine")]);
});

test("a callback taken off by another one hears no more, in the same delivery", async () => {
  const heard: string[] = [];
  let offB = () => {};
  upsertSyncEventCallback({ ...route, callback: () => offB() });
  offB = upsertSyncEventCallback({ ...route, callback: () => heard.push("b") });
  await move("1");
  expect(heard).toEqual([]);
});

test("stream frames go to stream callbacks only", async () => {
  const heard: unknown[] = [];
  const streamed: unknown[] = [];
  const chat = { name: "chat/say", version: "v1" } as const;
  upsertSyncEventCallback({ ...chat, callback: ({ status }) => heard.push(status) });
  upsertSyncEventStreamCallback({ ...chat, callback: (frame) => streamed.push(frame) });
  await syncRequest({ ...chat, data: { text: "ab" }, receiver: room });
  await until(() => heard.length > 0);
  expect(heard).toEqual(["success"]);
  expect(streamed).toEqual([
    { status: "stream", fullName: "sync/chat/say/v1", stream: { chunk: "a" } },
    { status: "stream", fullName: "sync/chat/say/v1", stream: { chunk: "b" } },
  ]);
});
