import { expect, test } from "vitest";
import { syncClient } from "../src/client.js";
import {
  getJoinedRooms,
  getSyncStatus,
  initSync,
  joinRoom,
  leaveRoom,
  reconnectSync,
  syncRequest,
} from "../src/index.js";
import "./routes.js";
import { connected, serve, until, untilConnected } from "./support.js";

const hold = (code: string) => syncClient().rooms.hold(code);
const stateOf = (code: string) => syncClient().rooms.state(code).status;
const move = (receiver: string) =>
  syncRequest({ name: "board/moveCard", version: "v1", data: { cardId: "1", toLane: "a" }, receiver });

/** Waits until a room that is released now has been left: one that was released before would be left by then. */
async function untilReleasedIsLeft(server: Awaited<ReturnType<typeof connected>>) {
  const release = hold("released");
  await until(() => stateOf("released") === "joined");
  release();
  await until(() => server.sent("leaveRoom").some(({ group }) => group === "released"));
}

test("room operations answer with the rooms", async () => {
  await connected();
  expect(await joinRoom("a")).toEqual({ status: "success", rooms: ["a"] });
  expect(await joinRoom("b")).toEqual({ status: "success", rooms: ["a", "b"] });
  expect(await leaveRoom("a")).toEqual({ status: "success", rooms: ["b"] });
  expect(await getJoinedRooms()).toEqual({ status: "success", rooms: ["b"] });
});

test("a room operation that fails settles with the error", async () => {
  await connected({ blocked: ["private"] });
  expect(await joinRoom("private")).toEqual({
    status: "error",
    message: "refused: room.joinBlocked",
    errorCode: "room.joinBlocked",
    httpStatus: 403,
  });
  expect(stateOf("private")).toBe("left");
  expect(await joinRoom("")).toMatchObject({ status: "error", errorCode: "sync.invalidRequest" });
});

test("a room operation without a connection settles in time", async () => {
  const server = await serve();
  await server.stop();
  initSync({ url: server.url, timeoutMs: 40 });
  expect(await joinRoom("a")).toMatchObject({ errorCode: "sync.ioUnavailable" });
  expect(await getJoinedRooms()).toMatchObject({ errorCode: "sync.ioUnavailable" });
});

test("after a reconnect the page is back in the rooms that the server does not list", async () => {
  const server = await connected({}, { auth: "me" });
  await joinRoom("kept");
  await joinRoom("lost");
  await joinRoom("left");
  await leaveRoom("left");
  server.sessions.get("me")?.delete("lost");
  server.packets.length = 0;
  server.cut();
  await until(() => server.sent("joinRoom").length === 1);
  expect(server.sent("joinRoom")).toMatchObject([{ group: "lost" }]);
  await until(() => stateOf("lost") === "joined" && stateOf("kept") === "joined");
  expect([...(server.sessions.get("me") ?? [])].sort()).toEqual(["kept", "lost"]);
});

test("requests made while the page is away run after it is back in their room", async () => {
  const server = await connected();
  await joinRoom("a");
  server.cut();
  await until(() => getSyncStatus().status === "reconnecting");
  expect((await move("a")).status).toBe("success");
});

test("a request made right after joinRoom waits for the join", async () => {
  await connected({ roomDelay: 50 });
  void joinRoom("a");
  expect((await move("a")).status).toBe("success");
});

test("a request to a room that may not be joined gets the server's answer", async () => {
  await connected({ blocked: ["private"] });
  const release = hold("private");
  expect(await move("private")).toMatchObject({ errorCode: "sync.notRoomMember" });
  expect(syncClient().rooms.state("private")).toMatchObject({
    status: "error",
    error: { errorCode: "room.joinBlocked" },
  });
  release();
  await until(() => stateOf("private") === "left");
});

test("a held room is joined once and left with its last holder", async () => {
  const server = await connected();
  const releases = [hold("a"), hold("a")];
  await until(() => stateOf("a") === "joined");
  releases[0]?.();
  hold("b");
  await until(() => stateOf("b") === "joined");
  await untilReleasedIsLeft(server);
  expect(server.sent("leaveRoom")).toMatchObject([{ group: "released" }]);
  releases[1]?.();
  await until(() => server.sent("leaveRoom").length === 2);
  expect(server.sent("joinRoom").map(({ group }) => group)).toEqual(["a", "b", "released"]);
  expect(await getJoinedRooms()).toMatchObject({ rooms: ["b"] });
});

test("a room that is held again soon is neither left nor joined again", async () => {
  const server = await connected();
  hold("a")();
  const first = hold("a");
  await until(() => stateOf("a") === "joined");
  // One page of an app is swapped for another that loads for a moment.
  first();
  await new Promise((passed) => setTimeout(passed, 30));
  const release = hold("a");
  await untilReleasedIsLeft(server);
  expect(server.sent("leaveRoom")).toMatchObject([{ group: "released" }]);
  expect(server.sent("joinRoom")).toMatchObject([{ group: "a" }, { group: "released" }]);
  release();
});

test("a room that joinRoom was called for outlives its holders", async () => {
  const server = await connected();
  await joinRoom("a");
  hold("a")();
  await untilReleasedIsLeft(server);
  expect(stateOf("a")).toBe("joined");
  expect(server.sent("leaveRoom")).toMatchObject([{ group: "released" }]);
});

test("leaveRoom leaves a room that is held", async () => {
  const server = await connected();
  const release = hold("a");
  await until(() => stateOf("a") === "joined");
  expect(await leaveRoom("a")).toMatchObject({ rooms: [] });
  expect(stateOf("a")).toBe("left");
  server.packets.length = 0;
  server.cut();
  await until(() => getSyncStatus().status === "reconnecting");
  await untilConnected();
  expect(await getJoinedRooms()).toMatchObject({ rooms: [] });
  expect(server.sent("joinRoom")).toEqual([]);
  release();
});

test("a join and a leave in a row do not cross", async () => {
  const server = await connected({ roomDelay: 20 });
  const answers = [joinRoom("a"), leaveRoom("a"), joinRoom("a"), leaveRoom("a")];
  await Promise.all(answers);
  expect(server.packets.map(({ event }) => event)).toEqual(["joinRoom", "leaveRoom", "joinRoom", "leaveRoom"]);
  expect(await getJoinedRooms()).toMatchObject({ rooms: [] });
  expect(stateOf("a")).toBe("left");
});

test("a room released while the connection was away is left when it is back", async () => {
  const server = await connected({}, { auth: "me" });
  const release = hold("a");
  await until(() => stateOf("a") === "joined");
  server.cut();
  await until(() => getSyncStatus().status === "reconnecting");
  release();
  await until(() => server.sent("leaveRoom").length === 1);
  await until(() => server.sessions.get("me")?.size === 0);
});

test("a new session is not put into the rooms of the old one, but into those in use", async () => {
  let token = "alice";
  const server = await connected({}, { auth: () => token });
  await joinRoom("hers");
  hold("board");
  await until(() => stateOf("board") === "joined");
  token = "bob";
  server.sessions.set("bob", new Set(["his"]));
  reconnectSync();
  await untilConnected();
  await until(() => stateOf("board") === "joined");
  expect(await getJoinedRooms()).toEqual({ status: "success", rooms: ["his", "board"] });
  expect(stateOf("hers")).toBe("left");
});

test("a join cut off by the network is tried again for those who hold the room", async () => {
  const server = await connected({ roomDelay: 200 });
  hold("a");
  await until(() => server.sent("joinRoom").length === 1);
  server.cut();
  await until(() => stateOf("a") === "joined");
  expect(server.sent("joinRoom").length).toBe(2);
});

test("a page that the server takes out of a room is not in it, and comes back only when it is asked to", async () => {
  const server = await connected({}, { auth: "me" });
  const release = hold("held");
  await joinRoom("pinned");
  await until(() => stateOf("held") === "joined");
  server.packets.length = 0;
  for (const room of ["held", "pinned", "elsewhere"]) {
    server.sessions.get("me")?.delete(room);
    server.io.emit("sync-room-left", { room });
  }
  await until(() => stateOf("pinned") === "left" && stateOf("held") === "error");
  expect(syncClient().rooms.state("held")).toMatchObject({ error: { errorCode: "sync.notRoomMember" } });
  expect(server.sent("joinRoom")).toEqual([]);
  await joinRoom("held");
  expect(stateOf("held")).toBe("joined");
  release();
});
