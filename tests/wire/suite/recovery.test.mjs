// @ts-check
// docs/wire.md, "History": what a client that was cut off gets of the routes with history.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, createCard, cursor, cursorOf, deleteCard } from "../lib/routes.mjs";
import { OFFSET, assertAnswer, assertError, assertRooms } from "../lib/shapes.mjs";
import { closeAll, connect, open, room } from "../lib/socket.mjs";
import { logIn, register } from "../lib/users.mjs";

/** @typedef {import("../lib/socket.mjs").Client} Client */
/** How many entries of a room a server keeps at the most that this test can bring to forget one. */
const MAX_KEPT = 1_000;

/** @type {import("../lib/users.mjs").User} */
let ada;
/** @type {import("../lib/users.mjs").User} */
let ben;
before(async () => {
  ada = await register("ada");
  ben = await register("ben");
});
afterEach(closeAll);

/** @param {any} frame */
const numberOf = (frame) => Number(frame.offset.split(":")[1]);

/** Somebody on the board who moves a card of theirs, and the numbers that the moves got. */
class Mover {
  /** @param {Client} client @param {any} card */
  constructor(client, card) {
    this.client = client;
    this.card = card;
    this.moves = 0;
  }

  static async arrive() {
    const client = await connect(ada);
    await client.join(BOARD);
    return new Mover(client, await createCard(ada, client));
  }

  async move() {
    const lane = this.card.lanes[this.moves++ % this.card.lanes.length];
    assertAnswer(await this.client.request(MOVE, { cardId: this.card.id, toLane: lane.id }, BOARD));
  }

  /** Moves, and answers the delivery of this move. */
  async moved() {
    await this.move();
    await this.client.hear("own delivery", () => this.deliveries().length === this.moves);
    return this.deliveries()[this.moves - 1] ?? assert.fail("no delivery");
  }

  deliveries() {
    return this.client.deliveries(MOVE).filter(({ serverOutput }) => serverOutput.cardId === this.card.id);
  }

  leave() {
    return deleteCard(this.client, this.card);
  }
}

/**
 * @param {Client} client
 * @param {Record<string, string>} rooms
 * @returns {Promise<any>}
 */
async function resume(client, rooms) {
  const responseIndex = client.index();
  client.socket.emit("resume", { rooms, responseIndex });
  return client.on(`resume-${responseIndex}`);
}

/**
 * A session of Ben's whose connection to the board was cut, and what it had heard last.
 *
 * @param {Mover} mover
 */
async function cutOff(mover, transports = /** @type {("websocket" | "polling")[]} */ (["websocket"])) {
  const user = await logIn(ben);
  const client = await connect(user, { transports });
  await client.join(BOARD);
  await mover.moved();
  const last = await client.delivery(MOVE);
  client.socket.io.engine.close();
  return { user, offset: last.offset };
}

test("a delivery of a route with history says its room and its place there, one of another route neither", async () => {
  const mover = await Mover.arrive();
  const first = await mover.moved();
  const second = await mover.moved();
  for (const { room, offset } of [first, second]) {
    assert.equal(room, BOARD);
    assert.match(offset, OFFSET);
  }
  assert.equal(numberOf(second), numberOf(first) + 1);
  assertAnswer(await mover.client.request(CURSOR, cursor(1), BOARD));
  const live = await mover.client.delivery(CURSOR);
  assert.deepEqual([live.room, live.offset], [undefined, undefined]);
  await mover.leave();
});

test("joinRoom and getJoinedRooms tell from where the rooms can be resumed", async () => {
  const mover = await Mover.arrive();
  const { offset } = await mover.moved();
  const user = await logIn(ben);
  const client = await connect(user);
  for (const answer of [await client.join(BOARD), await client.rooms("getJoinedRooms")]) {
    assertRooms(answer, BOARD);
    assert.deepEqual(answer.offsets, { [BOARD]: offset });
  }
  await mover.leave();
});

for (const transports of /** @type {("websocket" | "polling")[][]} */ ([["websocket"], ["polling"]])) {
  test(`who was cut off gets what it missed once, in order and before what is new, over ${transports}`, async () => {
    const mover = await Mover.arrive();
    const { user, offset } = await cutOff(mover, transports);
    for (let missed = 0; missed < 40; missed += 1) await mover.move();
    const again = open(user, { transports });
    const resumed = resume(again, { [BOARD]: offset });
    for (let since = 0; since < 40; since += 1) await mover.move();
    const { rooms, ...more } = await resumed;
    assert.deepEqual(more, {});
    const { count } = rooms[BOARD];
    assert.deepEqual(rooms, { [BOARD]: { recovered: true, count } });
    assert.ok(count >= 40 && count <= 80, `${count} missed`);

    const last = await mover.moved();
    await again.delivery(MOVE, (frame) => frame.offset === last.offset);
    const heard = again.deliveries(MOVE).map(numberOf);
    const from = numberOf({ offset });
    assert.deepEqual(heard, Array.from({ length: 81 }, (_, index) => from + 1 + index));
    // The deliveries that it counts came before it.
    const events = again.heard.map(({ event }) => event);
    const answered = events.findIndex((event) => event.startsWith("resume-"));
    assert.ok(events.slice(0, answered).filter((event) => event === "sync").length >= count);
    await mover.leave();
  });
}

test("who goes on without resuming hears live routes at once, and nothing twice", async () => {
  const mover = await Mover.arrive();
  const { user } = await cutOff(mover);
  const again = await connect(user);
  assertAnswer(await again.request(CURSOR, cursor(7), BOARD));
  await again.delivery(CURSOR, (frame) => cursorOf(frame) === 7);
  const next = await mover.moved();
  await again.delivery(MOVE, (frame) => frame.offset === next.offset);
  assert.equal(again.deliveries(MOVE).length, 1);
  await mover.leave();
});

test("an offset of another epoch is no recovery: the answer says so, and from where it goes on", async () => {
  const mover = await Mover.arrive();
  const { user } = await cutOff(mover);
  const { offset } = await mover.moved();
  const again = await connect(user);
  const { rooms } = await resume(again, { [BOARD]: "another-epoch:1" });
  assert.deepEqual(rooms, { [BOARD]: { recovered: false, reason: "newEpoch", offset } });
  assert.deepEqual(again.deliveries(MOVE), []);
  const next = await mover.moved();
  await again.delivery(MOVE, (frame) => frame.offset === next.offset);
  assert.equal(again.deliveries(MOVE).length, 1);
  await mover.leave();
});

test("what is no longer kept is no recovery: nothing of it is sent, and the answer says so", async () => {
  const mover = await Mover.arrive();
  const { user, offset } = await cutOff(mover);
  for (let sent = 0; sent <= MAX_KEPT; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => mover.move()));
  }
  const last = await mover.moved();
  const again = await connect(user);
  const { rooms } = await resume(again, { [BOARD]: offset });
  assert.deepEqual(rooms, { [BOARD]: { recovered: false, reason: "trimmed", offset: last.offset } });
  assert.deepEqual(again.deliveries(MOVE), []);
  await mover.leave();
});

test("of a room that one is not in nothing is told but that, whoever asks", async () => {
  const mover = await Mover.arrive();
  const { offset } = await mover.moved();
  const left = await logIn(ben);
  const former = await connect(left);
  await former.join(BOARD);
  await former.rooms("leaveRoom", { group: BOARD });
  for (const client of [former, await connect(await logIn(ben)), await connect()]) {
    const { rooms } = await resume(client, { [BOARD]: offset });
    assert.deepEqual(rooms, { [BOARD]: { recovered: false, reason: "notMember" } });
  }
  await mover.leave();
});

test("rooms are resumed each for itself", async () => {
  const mover = await Mover.arrive();
  const { user, offset } = await cutOff(mover);
  await mover.moved();
  const again = await connect(user);
  const elsewhere = room();
  const { rooms } = await resume(again, { [BOARD]: offset, [elsewhere]: offset });
  assert.deepEqual(rooms, {
    [BOARD]: { recovered: true, count: 1 },
    [elsewhere]: { recovered: false, reason: "notMember" },
  });
  await mover.leave();
});

test("a resume that is none is answered with an error, and the connection lives on", async () => {
  const client = await connect(ben);
  await client.join(BOARD);
  for (const rooms of [undefined, null, [], "x", 7, { [BOARD]: null }, { [BOARD]: "" }, { [BOARD]: "1" }, { [BOARD]: "a:-1" }, { [BOARD]: "a b:1" }]) {
    assertError(await resume(client, /** @type {any} */ (rooms)), "sync.invalidRequest", 400);
  }
  assertError(await resume(client, { ["r".repeat(10_000)]: "a:1" }), "sync.payloadTooLarge", 413);
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`r${n}`, "a:1"]));
  assertError(await resume(client, many), "sync.payloadTooLarge", 413);
  client.socket.emit("resume", { rooms: {} });
  assertError(await client.on("resume"), "sync.invalidRequest", 400);
  assert.deepEqual(await resume(client, {}), { rooms: {} });
  assertAnswer(await client.request(CURSOR, cursor(9), BOARD));
});
