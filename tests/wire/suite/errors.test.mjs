// @ts-check
// docs/wire.md, "Errors": those a request over the socket can meet.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, PING, cursor } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

const good = packet(CURSOR, cursor(1), BOARD);

/** A member of the board. */
async function member() {
  const client = await connect(user);
  await client.join(BOARD);
  return client;
}

/**
 * @param {Record<string, any>} from
 * @param {string} key
 */
function without(from, key) {
  const { [key]: _, ...rest } = from;
  return rest;
}

test("sync.invalidRequest: name or data is missing or of the wrong type", async () => {
  const client = await member();
  for (const bad of [
    without(good, "name"),
    { ...good, name: 5 },
    { ...good, name: null },
    { ...good, name: ["sync/board/cursorMove/v1"] },
    without(good, "data"),
    { ...good, data: null },
    { ...good, data: "text" },
    { ...good, data: 5 },
    { ...good, data: [] },
  ]) {
    assertError(await client.send(bad), "sync.invalidRequest", 400);
  }
  assertAnswer(await client.send(good));
});

test("sync.invalidCallback: cb is missing or not a string", async () => {
  const client = await member();
  for (const bad of [without(good, "cb"), { ...good, cb: 5 }, { ...good, cb: null }, { ...good, cb: {} }]) {
    assertError(await client.send(bad), "sync.invalidCallback", 400);
  }
});

test("routing.invalidServiceRouteName: the name is not sync/<page>/<route>/v<N>", async () => {
  const client = await member();
  for (const name of [
    "",
    "sync",
    "sync/board",
    "sync/board/cursorMove",
    "sync/cursorMove/v1",
    "board/cursorMove/v1",
    "api/board/cursorMove/v1",
    "sync/board/cursorMove/1",
    "sync/board/cursorMove/v",
    "sync/board/cursorMove/vx",
    "sync/board/cursorMove/v1/",
    "sync//cursorMove/v1",
    "/sync/board/cursorMove/v1",
    "sync/board/../board/cursorMove/v1",
    "sync/board/cursorMove/v-1",
    "sync/board/cursor Move/v1",
  ]) {
    const answer = await client.send({ ...good, name });
    assertError(answer, "routing.invalidServiceRouteName", 400);
    assert.deepEqual(
      answer.errorParams?.map((/** @type {any} */ param) => param.key),
      ["name"],
      name,
    );
  }
});

test("sync.missingReceiver: the receiver is empty", async () => {
  const client = await member();
  for (const bad of [{ ...good, receiver: "" }, without(good, "receiver")]) {
    assertError(await client.send(bad), "sync.missingReceiver", 400);
  }
});

test("sync.invalidInputType: the input does not fit the handler's", async () => {
  const client = await member();
  for (const data of [{}, { cardId: 5, toLane: "x" }, { cardId: "x" }, { cardId: "x", toLane: "y", more: 1 }]) {
    assertError(await client.request(MOVE, data, BOARD), "sync.invalidInputType", 400);
  }
});

test("auth.required: the route wants a login and there is no session", async () => {
  const client = await connect();
  assertError(await client.send(good), "auth.required", 401);
});

test("sync.receiverNotAllowed: a client may not send to all", async () => {
  const client = await member();
  assertError(await client.send({ ...good, receiver: "all" }), "sync.receiverNotAllowed", 403);
});

test("sync.notRoomMember: the requester has not joined the room", async () => {
  const client = await member();
  assertError(await client.request(PING, {}, room()), "sync.notRoomMember", 403);
  // Also when somebody else is in it.
  const group = room();
  const other = await connect(await register());
  await other.join(group);
  assertError(await client.request(PING, {}, group), "sync.notRoomMember", 403);
  assert.equal(other.deliveries(PING).length, 0);
});

test("sync.notFound: there is no such route or version", async () => {
  const client = await member();
  for (const route of [
    "board/noSuchRoute/v1",
    "board/cursorMove/v77",
    "nowhere/cursorMove/v1",
    "board/CursorMove/v1",
    "system/constructor/v1",
    "__proto__/toString/v1",
  ]) {
    assertError(await client.request(route, cursor(1), BOARD), "sync.notFound", 404);
  }
});

test("checks come in the contract's order", async () => {
  const anonymous = await connect();
  const nothing = packet("board/noSuchRoute/v1", {}, "all");
  // shape, then name, cb, receiver
  assertError(await anonymous.send({ ...nothing, name: 5, cb: 5, receiver: "" }), "sync.invalidRequest");
  assertError(await anonymous.send({ ...nothing, receiver: "" }), "sync.missingReceiver");
  // route before login, login before the receiver's policy
  assertError(await anonymous.send(nothing), "sync.notFound");
  assertError(await anonymous.send({ ...good, receiver: "all" }), "auth.required");
  // the receiver's policy before the input
  const client = await member();
  assertError(await client.send({ ...good, data: {}, receiver: room() }), "sync.notRoomMember");
});
