// @ts-check
// docs/wire.md, "Requests": answers.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, PING, board, createCard, cursor, deleteCard } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

test("the answer comes on sync-<responseIndex>, once, with the server output", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const card = await createCard(user, client);
  const toLane = card.lanes[1].id;
  const answer = await client.request(MOVE, { cardId: card.id, toLane }, BOARD, { responseIndex: 4711 });
  assertAnswer(answer, { cardId: card.id, toLane, movedBy: user.id });
  // A later request's answer is behind any second answer to the first.
  assertAnswer(await client.request(CURSOR, cursor(1), BOARD));
  assert.equal(client.heard.filter(({ event }) => event === "sync-4711").length, 1);
  const moved = (await board(user)).cards.find((/** @type {any} */ known) => known.id === card.id);
  assert.equal(moved.laneId, toLane);
  await deleteCard(client, card);
});

test("any number can be the response index", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  for (const responseIndex of [0, 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    assertAnswer(await client.request(CURSOR, cursor(1), BOARD, { responseIndex }));
  }
});

test("a packet with an ack id gets the same answer as the ack and on its event", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const wanted = packet(CURSOR, cursor(1), BOARD, { responseIndex: 7 });
  const ack = await client.socket.timeout(5000).emitWithAck("sync", wanted);
  assertAnswer(ack);
  assert.deepEqual(await client.on("sync-7"), ack);

  const refused = packet("board/noSuchRoute/v1", {}, BOARD, { responseIndex: 8 });
  const error = await client.socket.timeout(5000).emitWithAck("sync", refused);
  assertError(error, "sync.notFound", 404);
  assert.deepEqual(await client.on("sync-8"), error);
});

test("a route at the root is called system/<route>", async () => {
  const client = await connect(user);
  const group = room();
  await client.join(group);
  assertAnswer(await client.request(PING, {}, group));
});

test("an own error of the route has its code and HTTP status", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const { lanes } = await board(user);
  const answer = await client.request(MOVE, { cardId: "no-such-card", toLane: lanes[0].id }, BOARD);
  assertError(answer, "board.cardNotFound", 404);
});
