// @ts-check
// docs/wire.md, "Rooms".
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { PING } from "../lib/routes.mjs";
import { assertAnswer, assertError, assertRooms } from "../lib/shapes.mjs";
import { closeAll, connect, open, packet, room } from "../lib/socket.mjs";
import { logIn, register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let account;
/** A session in no room. @type {import("../lib/users.mjs").User} */
let user;
beforeEach(async () => {
  account ??= await register();
  user = await logIn(account);
});
afterEach(closeAll);

test("joinRoom, leaveRoom and getJoinedRooms answer the rooms one is in, and nothing else", async () => {
  const client = await connect(user);
  const [first, second] = [room(), room()];
  assertRooms(await client.rooms("getJoinedRooms"));
  assertRooms(await client.rooms("joinRoom", { group: first }), first);
  assertRooms(await client.rooms("joinRoom", { group: second }), first, second);
  assertRooms(await client.rooms("getJoinedRooms"), first, second);
  assertRooms(await client.rooms("leaveRoom", { group: first }), second);
  assertRooms(await client.rooms("getJoinedRooms"), second);
});

test("joining a room one is in, and leaving one one is not in, changes nothing", async () => {
  const client = await connect(user);
  const group = room();
  await client.join(group);
  assertRooms(await client.rooms("joinRoom", { group }), group);
  assertRooms(await client.rooms("leaveRoom", { group: room() }), group);
});

test("the room of the token and the socket's own id are never shown", async () => {
  const client = await connect(user);
  const group = room();
  const answers = JSON.stringify([
    await client.rooms("getJoinedRooms"),
    await client.rooms("joinRoom", { group }),
    await client.rooms("leaveRoom", { group }),
  ]);
  const token = user.cookie.slice(user.cookie.indexOf("=") + 1);
  assert.ok(!answers.includes(token));
  assert.ok(!answers.includes(String(client.socket.id)));
});

test("the room of a token cannot be joined or sent to by name", async () => {
  const victim = await connect(user);
  const token = user.cookie.slice(user.cookie.indexOf("=") + 1);
  const attacker = await connect(await register());
  // Even whoever knows a token does not get into its room by asking; being told `joined` of an
  // ordinary room that happens to have that name is fine.
  await attacker.rooms("joinRoom", { group: token });
  await attacker.request(PING, {}, token);
  await attacker.rooms("joinRoom", { group: String(victim.socket.id) });
  await attacker.request(PING, {}, String(victim.socket.id));
  const group = room();
  await victim.join(group);
  assertAnswer(await victim.request(PING, {}, group));
  await victim.delivery(PING);
  assert.equal(victim.deliveries(PING).length, 1);
});

test("a session keeps its rooms across connections, from before the first request", async () => {
  const group = room();
  const first = await connect(user);
  await first.join(group);
  first.close();
  for (let round = 0; round < 20; round++) {
    const again = open(user);
    const answer = await again.send(packet(PING, {}, group));
    assertAnswer(answer);
    await again.delivery(PING);
    assertRooms(await again.rooms("getJoinedRooms"), group);
    again.close();
  }
});

test("a room that was left stays left across connections", async () => {
  const [kept, left] = [room(), room()];
  const first = await connect(user);
  await first.join(kept);
  await first.join(left);
  await first.rooms("leaveRoom", { group: left });
  first.close();
  const again = await connect(user);
  assertRooms(await again.rooms("getJoinedRooms"), kept);
  assertError(await again.request(PING, {}, left), "sync.notRoomMember", 403);
});

test("another session of the same user has rooms of its own", async () => {
  const group = room();
  await (await connect(user)).join(group);
  const other = await connect(await logIn(account));
  assertRooms(await other.rooms("getJoinedRooms"));
});

test("joining and sending at once works: the join comes first", async () => {
  const client = await connect(user);
  const group = room();
  const joined = client.rooms("joinRoom", { group });
  const answered = client.request(PING, {}, group);
  assertRooms(await joined, group);
  assertAnswer(await answered);
});

test("an anonymous connection can neither join nor leave, and is in no room", async () => {
  const client = await connect();
  assertError(await client.rooms("joinRoom", { group: room() }), "session.notFound", 401);
  assertError(await client.rooms("leaveRoom", { group: room() }), "session.notFound", 401);
  assertRooms(await client.rooms("getJoinedRooms"));
});

test("a session has a bounded number of rooms: past it the oldest is left", async () => {
  const client = await connect(user);
  const oldest = room();
  await client.join(oldest);
  /** @type {import("../lib/socket.mjs").Frame} */
  let answer = { rooms: [oldest] };
  // No limit is laid down; one that a thousand rooms do not reach is none.
  for (let joined = 1; joined < 1000 && answer.rooms.includes(oldest); joined++) {
    answer = await client.rooms("joinRoom", { group: room() });
    assert.ok(Array.isArray(answer.rooms), JSON.stringify(answer));
  }
  assert.ok(!answer.rooms.includes(oldest));
  const { rooms } = await client.rooms("getJoinedRooms");
  assert.equal(new Set(rooms).size, answer.rooms.length);
  assertError(await client.request(PING, {}, oldest), "sync.notRoomMember", 403);
});
