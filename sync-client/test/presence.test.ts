import { expect, test } from "vitest";
import { joinRoom, leaveRoom, type SyncPresence, watchPresence } from "../src/index.js";
import { connected, until, untilConnected } from "./support.js";

const room = "board:demo";
const ada = { id: "ada", name: "Ada" };
const grace = { id: "grace", name: "Grace" };
const eve = { id: "eve", name: "Eve" };

/** Watches, and notes all that is heard. */
function watching() {
  const heard: SyncPresence[] = [];
  const stop = watchPresence(room, (presence) => heard.push(presence));
  return { heard, stop, last: () => heard.at(-1), ids: () => heard.at(-1)?.users.map(({ id }) => id) };
}

test("who is in the room is told at once, and then who comes and goes, in the order of their ids", async () => {
  const server = await connected();
  server.people.come(room, grace, ada);
  const { heard, last, ids } = watching();
  expect(heard).toEqual([{ status: "waiting", users: [] }]);
  await joinRoom(room);
  await until(() => last()?.status === "live");
  expect(last()?.users).toEqual([ada, grace]);
  server.people.come(room, eve);
  await until(() => heard.length === 3);
  expect(ids()).toEqual(["ada", "eve", "grace"]);
  server.people.go(room, "ada", "nobody");
  await until(() => heard.length === 4);
  expect(ids()).toEqual(["eve", "grace"]);
  server.people.come(room, { ...eve, name: "Evelyn" });
  await until(() => heard.length === 5);
  expect(last()?.users).toEqual([{ ...eve, name: "Evelyn" }, grace]);
});

test("after a reconnect the page is told anew, and shows those of before until then", async () => {
  const server = await connected();
  server.people.come(room, ada, grace);
  await joinRoom(room);
  const { heard, last, ids } = watching();
  await until(() => last()?.status === "live");
  server.cut();
  await until(() => last()?.status === "waiting");
  expect(ids()).toEqual(["ada", "grace"]);
  server.people.go(room, "grace");
  await untilConnected();
  await until(() => last()?.status === "live");
  expect(ids()).toEqual(["ada"]);
  expect(heard).toHaveLength(4);
  expect(server.sent("watchPresence")).toHaveLength(2);
});

test("two that watch ask once, and the server tells no more when both have gone", async () => {
  const server = await connected();
  await joinRoom(room);
  const one = watching();
  const other = watching();
  server.people.come(room, ada);
  await until(() => one.last()?.users.length === 1 && other.last()?.users.length === 1);
  expect(server.sent("watchPresence")).toHaveLength(1);
  one.stop();
  one.stop();
  server.people.come(room, grace);
  await until(() => other.last()?.users.length === 2);
  expect(one.ids()).toEqual(["ada"]);
  expect(server.sent("unwatchPresence")).toEqual([]);
  other.stop();
  await until(() => server.sent("unwatchPresence").length === 1);
  expect(server.sent("unwatchPresence")[0]).toMatchObject({ group: room });
});

test("a page that leaves the room and comes back asks again", async () => {
  const server = await connected();
  server.people.come(room, ada);
  await joinRoom(room);
  const { last } = watching();
  await until(() => last()?.status === "live");
  await leaveRoom(room);
  expect(last()?.status).toBe("waiting");
  await joinRoom(room);
  await until(() => last()?.status === "live");
  expect(server.sent("watchPresence")).toHaveLength(2);
});

test("what the server refuses or never answers is an error, and asked again on the next connection", async () => {
  const server = await connected({ ignorePresence: true }, { timeoutMs: 1_000 });
  await joinRoom(room);
  const { last } = watching();
  await until(() => last()?.status === "error");
  expect(last()).toMatchObject({ error: { errorCode: "sync.requestTimeout" }, users: [] });
  server.cut();
  await until(() => server.sent("watchPresence").length === 2);
});

test("what is no list of users is an error, and what is no change is passed over", async () => {
  const server = await connected({ ignorePresence: true });
  await joinRoom(room);
  const { heard, last } = watching();
  await until(() => server.sent("watchPresence").length === 1);
  const answers = (answer: unknown) => {
    const { body, socket } = server.packets.filter(({ event }) => event === "watchPresence").at(-1)!;
    server.io.to(socket).emit(`watchPresence-${body["responseIndex"]}`, answer);
  };
  answers({ status: "error", message: "", errorCode: "sync.notFound" });
  await until(() => last()?.status === "error");
  expect(last()).toMatchObject({ error: { errorCode: "sync.notFound" } });
  server.cut();
  await until(() => server.sent("watchPresence").length === 2);
  answers({ users: [ada, { name: "no id" }, 7] });
  await until(() => last()?.status === "live");
  expect(last()?.users).toEqual([ada]);
  const before = heard.length;
  for (const change of [null, 7, {}, { room: 7 }, { room: "other", joined: [grace], left: [] }]) {
    server.io.emit("sync-presence", change);
  }
  server.io.emit("sync-presence", { room, joined: [grace] });
  await until(() => last()?.users.length === 2);
  expect(heard).toHaveLength(before + 1);
});
