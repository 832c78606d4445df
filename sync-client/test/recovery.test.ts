import { beforeEach, expect, test } from "vitest";
import { syncClient } from "../src/client.js";
import {
  getJoinedRooms,
  getSyncStatus,
  initSync,
  joinRoom,
  leaveRoom,
  onSyncGap,
  reconnectSync,
  type SyncGap,
  syncRequest,
  upsertSyncEventCallback,
  upsertSyncEventStreamCallback,
} from "../src/index.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, until, untilConnected } from "./support.js";

const room = "board:demo";
let heard: string[] = [];
let gaps: SyncGap[] = [];

/** What the callbacks of the page hear, and what it is told to be missing. */
beforeEach(() => {
  heard = [];
  gaps = [];
  upsertSyncEventCallback({
    name: "board/showCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status === "success") heard.push(serverOutput.cardId);
    },
  });
  onSyncGap((gap) => {
    gaps.push(gap);
    heard.push("gap");
  });
});

/** A member of the room, whose session outlives a connection. */
async function member(options?: Parameters<typeof connected>[0]): Promise<TestServer> {
  const server = await connected(options, { auth: "me" });
  await joinRoom(room);
  return server;
}

/** Cuts the connection and does something while it is away. */
async function whileAway(server: TestServer, act: () => void): Promise<void> {
  server.packets.length = 0;
  server.cut();
  await until(() => getSyncStatus().status === "reconnecting");
  act();
  await untilConnected();
}

/** All that the server sent before has been heard once this is answered. */
const settled = () => syncRequest({ name: "system/ping", version: "v1", receiver: "r" });
const resumed = () => until(() => syncClient().rooms.state(room).status === "joined");

test("what was missed comes once and in order, before what is new, and is asked for first of all", async () => {
  const server = await member({ resumeDelay: 100 });
  server.show(room, "1");
  await settled();
  await whileAway(server, () => {
    server.show(room, "2");
    server.show(room, "3");
  });
  // The session is in the room already, and hears what is new before it has asked for what it missed.
  server.show(room, "4");
  await until(() => heard.length === 4);
  server.show(room, "5");
  await settled();
  expect(heard).toEqual(["1", "2", "3", "4", "5"]);
  expect(gaps).toEqual([]);
  expect(server.packets[0]).toMatchObject({ event: "resume", body: { rooms: { [room]: "e1:1" } } });
});

test("a room that nothing was heard of is resumed from where it was joined", async () => {
  const server = await connected({}, { auth: "me" });
  server.show(room, "before");
  await joinRoom(room);
  await whileAway(server, () => server.show(room, "1"));
  await until(() => heard.length > 0);
  expect(heard).toEqual(["1"]);
});

test("asking for the rooms does not move the place from which they are resumed", async () => {
  const server = await member();
  server.show(room, "1");
  await settled();
  // The server knows of a delivery that is lost on its way.
  server.history.append(room, {});
  await getJoinedRooms();
  await joinRoom(room);
  await whileAway(server, () => {});
  await until(() => server.sent("resume").length === 1);
  expect(server.sent("resume")).toMatchObject([{ rooms: { [room]: "e1:1" } }]);
});

test("a delivery that comes twice is heard once", async () => {
  const server = await member();
  server.show(room, "1");
  await settled();
  for (const delivery of server.history.since(room, "e1:0")) server.io.to(room).emit("sync", delivery);
  await settled();
  expect(heard).toEqual(["1"]);
});

test("a page without history has nothing to resume", async () => {
  const server = await connected();
  await whileAway(server, () => {});
  await settled();
  expect(server.sent("resume")).toEqual([]);
});

/** What happens to a server so that it cannot say what was missed. */
const losses: Record<string, (server: TestServer) => void> = {
  trimmed: (server) => {
    server.history.firstKept = 3;
  },
  newEpoch: (server) => server.history.restart("e2"),
};

test.each(Object.entries(losses))("the app is told of a gap, before what is new: %s", async (reason, happens) => {
  const server = await member();
  server.show(room, "1");
  await settled();
  await whileAway(server, () => {
    server.show(room, "2");
    happens(server);
  });
  await until(() => gaps.length === 1);
  server.show(room, "3");
  await settled();
  expect(heard).toEqual(["1", "gap", "3"]);
  expect(gaps).toEqual([{ room, reason }]);
  // From there on it goes on as ever.
  await whileAway(server, () => server.show(room, "4"));
  await until(() => heard.includes("4"));
  expect(gaps).toHaveLength(1);
});

test("a page that lost its room is back in it when it is told of the gap", async () => {
  const server = await member();
  server.show(room, "1");
  await settled();
  let state = "";
  onSyncGap(() => {
    state = syncClient().rooms.state(room).status;
  });
  await whileAway(server, () => {
    server.sessions.get("me")?.delete(room);
    server.show(room, "2");
  });
  await until(() => gaps.length === 1);
  expect(state).toBe("joined");
  server.show(room, "3");
  await settled();
  expect(heard).toEqual(["1", "gap", "3"]);
  expect(gaps).toEqual([{ room, reason: "notMember" }]);
  // It goes on from where it joined again.
  await whileAway(server, () => server.show(room, "4"));
  await until(() => heard.includes("4"));
  expect(heard).toEqual(["1", "gap", "3", "4"]);
});

test("a server that does not answer leaves a gap, and nothing is held back for it for ever", async () => {
  const server = await connected({ ignoreResume: true }, { auth: "me" });
  await joinRoom(room);
  initSync({ url: server.url, auth: "me", timeoutMs: 300 });
  await whileAway(server, () => {});
  server.show(room, "1");
  await until(() => heard.includes("1"));
  expect(heard).toEqual(["gap", "1"]);
  expect(gaps).toEqual([{ room, reason: "failed" }]);
});

test("a connection that breaks while it recovers is recovered by the next", async () => {
  const server = await member({ resumeDelay: 300 });
  await whileAway(server, () => server.show(room, "1"));
  server.show(room, "2");
  await until(() => server.sent("resume").length === 1);
  await whileAway(server, () => {});
  await until(() => heard.length === 2);
  expect(heard).toEqual(["1", "2"]);
  expect(gaps).toEqual([]);
});

test("a room that was left is not resumed", async () => {
  const server = await member();
  server.show(room, "1");
  await leaveRoom(room);
  await whileAway(server, () => {});
  await settled();
  expect(server.sent("resume")).toEqual([]);
});

test("a room that the server has put the page out of is not resumed", async () => {
  const server = await member();
  server.show(room, "1");
  await settled();
  // As when the session has joined too many since.
  server.sessions.get("me")?.delete(room);
  await joinRoom("another");
  await whileAway(server, () => {});
  await until(() => server.sent("resume").length === 1);
  expect(server.sent("resume")).toMatchObject([{ rooms: { another: "e1:0" } }]);
  expect(Object.keys(server.sent("resume")[0]?.["rooms"] as object)).toEqual(["another"]);
});

test("another session resumes nothing of the old one but the rooms in use", async () => {
  let token = "alice";
  const server = await connected({}, { auth: () => token });
  await joinRoom("hers");
  syncClient().rooms.hold(room);
  await resumed();
  token = "bob";
  server.packets.length = 0;
  reconnectSync();
  await untilConnected();
  await resumed();
  expect(server.sent("resume")).toMatchObject([{ rooms: { [room]: "e1:0" } }]);
  expect(gaps).toEqual([{ room, reason: "notMember" }]);
});

test("the frames of a stream that is sent again from its start are heard once", async () => {
  const server = await member();
  const chunks: unknown[] = [];
  upsertSyncEventStreamCallback({
    name: "chat/say",
    version: "v1",
    callback: ({ stream }) => chunks.push(stream),
  });
  const name = "sync/chat/say/v1";
  const send = (id: string, index: number, chunk: string) =>
    server.io.to(room).emit("sync", { chunk, cb: name, fullName: name, status: "stream", __stream: { id, index } });
  send("a", 0, "a0");
  send("a", 1, "a1");
  await settled();
  await whileAway(server, () => {});
  await settled();
  for (const [index, chunk] of ["a0", "a1", "a2"].entries()) send("a", index, chunk);
  send("b", 0, "b0");
  await settled();
  expect(chunks).toEqual([{ chunk: "a0" }, { chunk: "a1" }, { chunk: "a2" }, { chunk: "b0" }]);
});

test("what other nodes may have sent unheard is told, with the reason and for each room", async () => {
  const server = await member();
  await joinRoom("chat");
  server.io.emit("sync-gap", { rooms: [room, "chat"], reason: "cluster" });
  server.io.emit("sync-gap", { rooms: [room], reason: "unknownRoute" });
  await until(() => gaps.length === 3);
  expect(gaps).toEqual([
    { room, reason: "cluster" },
    { room: "chat", reason: "cluster" },
    { room, reason: "unknownRoute" },
  ]);
});

test("a gap does not touch the connection's status, nor where the room stands", async () => {
  const server = await member();
  server.show(room, "1");
  const before = getSyncStatus();
  server.io.emit("sync-gap", { rooms: [room], reason: "cluster" });
  await until(() => gaps.length === 1);
  expect(getSyncStatus()).toBe(before);
  await whileAway(server, () => server.show(room, "2"));
  await until(() => heard.includes("2"));
  expect(heard).toEqual(["1", "gap", "2"]);
});

test("after a gap by a new history the room is resumed from where that begins", async () => {
  const server = await member();
  server.show(room, "1");
  server.show(room, "2");
  await settled();
  server.history.restart("e2");
  server.history.append(room, {});
  server.io.emit("sync-gap", { rooms: [room], reason: "newEpoch", offsets: { [room]: "e2:1" } });
  await until(() => gaps.length === 1);
  expect(gaps).toEqual([{ room, reason: "newEpoch" }]);
  await whileAway(server, () => server.show(room, "3"));
  await until(() => heard.includes("3"));
  expect(server.packets[0]).toMatchObject({ event: "resume", body: { rooms: { [room]: "e2:1" } } });
  expect(heard).toEqual(["1", "2", "gap", "3"]);
});

test("a gap that tells of a history that was heard already does not set it back", async () => {
  const server = await member();
  server.show(room, "1");
  server.show(room, "2");
  server.io.emit("sync-gap", { rooms: [room], reason: "newEpoch", offsets: { [room]: "e1:0" } });
  await until(() => gaps.length === 1);
  await whileAway(server, () => server.show(room, "3"));
  await until(() => heard.includes("3"));
  expect(heard).toEqual(["1", "2", "gap", "3"]);
});

test("a message that tells of no room is no gap", async () => {
  const server = await member();
  for (const odd of [{}, [], "odd", { rooms: "all" }, { rooms: [7] }]) server.io.emit("sync-gap", odd);
  await settled();
  expect(gaps).toEqual([]);
});
