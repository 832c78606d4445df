// @ts-check
// Who is in a room: `watchPresence`, `unwatchPresence` and `sync-presence`.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { assertError } from "../lib/shapes.mjs";
import { closeAll, connect, room } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @typedef {import("../lib/users.mjs").User} User */
/** @typedef {import("../lib/socket.mjs").Client} Client */

/** @type {User} */
let ada;
/** @type {User} */
let ben;
let group = "";
before(async () => {
  ada = await register("ada");
  ben = await register("ben");
});
beforeEach(() => {
  group = room();
});
afterEach(closeAll);

/** @param {User} user */
async function member(user) {
  const client = await connect(user);
  await client.join(group);
  return client;
}

/**
 * Hears of a change of the room.
 *
 * @param {Client} client
 * @param {User[]} joined
 * @param {User[]} left
 */
async function hears(client, joined, left) {
  const change = { room: group, joined: joined.map(profile), left: left.map(({ id }) => id) };
  await client.hear(
    `change ${JSON.stringify(change)}`,
    ({ event, args: [frame] }) => event === "sync-presence" && isDeepStrictEqual(frame, change),
  );
}

/** @param {User} user */
const profile = ({ id, name }) => ({ id, name });

test("who watches is told who is here, oneself included, by id and profile", async () => {
  const client = await member(ada);
  assert.deepEqual(await client.rooms("watchPresence", { group }), { users: [profile(ada)] });
  assert.deepEqual(await client.rooms("unwatchPresence", { group }), {});
});

test("only members are told, and only of rooms", async () => {
  const client = await connect(ada);
  assertError(await client.rooms("watchPresence", { group }), "sync.notRoomMember", 403);
  const nobody = await connect();
  assertError(await nobody.rooms("watchPresence", { group }), "sync.notRoomMember", 403);
  assertError(await client.rooms("watchPresence", { group: "" }), "sync.invalidRequest", 400);
  assertError(await client.rooms("watchPresence"), "sync.invalidRequest", 400);
});

test("a user is told of once, with several connections, and is gone with the last", async () => {
  const watcher = await member(ada);
  await watcher.rooms("watchPresence", { group });
  const [phone, laptop] = [await member(ben), await member(ben)];
  await hears(watcher, [ben], []);
  await phone.rooms("leaveRoom", { group });
  await laptop.rooms("leaveRoom", { group });
  await hears(watcher, [], [ben]);
  assert.equal(watcher.heard.filter(({ event }) => event === "sync-presence").length, 2);
});

test("who loses the connection has left some seconds later", async () => {
  const watcher = await member(ada);
  await watcher.rooms("watchPresence", { group });
  const lost = await member(ben);
  await hears(watcher, [ben], []);
  const began = Date.now();
  lost.close();
  await hears(watcher, [], [ben]);
  assert.ok(Date.now() - began > 3_000);
});
