// @ts-check
// docs/wire.md, "Repeats".
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, before, test } from "node:test";
import { BOARD, CREATE, CURSOR, board, cursor, cursorOf, deleteCard } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, room } from "../lib/socket.mjs";
import { post, register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let ada;
/** @type {import("../lib/users.mjs").User} */
let ben;
/** What makes a card. @type {Record<string, string>} */
let data;
before(async () => {
  ada = await register("ada");
  ben = await register("ben");
  const { lanes } = await board(ada);
  data = { title: "A card that is made once", laneId: lanes[0].id, privateNotes: "" };
});
afterEach(closeAll);

/** @param {import("../lib/users.mjs").User} user */
async function member(user) {
  const client = await connect(user);
  await client.join(BOARD);
  return client;
}

test("a request that is made again runs once, and its answer is the same on every connection and over HTTP", async () => {
  const [client, again, other] = [await member(ada), await member(ada), await member(ben)];
  const requestId = randomUUID();
  const answer = await client.request(CREATE, data, BOARD, { requestId });
  assertAnswer(answer);
  assert.deepEqual(await client.request(CREATE, data, BOARD, { requestId }), answer);
  assert.deepEqual(await again.request(CREATE, data, BOARD, { requestId, repeat: true }), answer);
  const response = await post(`/sync/${CREATE}`, { data, receiver: BOARD, requestId }, { cookie: ada.cookie });
  assert.deepEqual(await response.json(), answer);
  // What was delivered before this has been heard by then.
  await client.request(CURSOR, cursor(1), BOARD);
  await other.delivery(CURSOR, (frame) => cursorOf(frame) === 1);
  const made = other.deliveries(CREATE).filter(({ serverOutput }) => serverOutput.id === answer.result.id);
  assert.equal(made.length, 1);
  assert.equal(other.deliveries(CREATE).filter(({ serverOutput }) => serverOutput.title === data.title).length, 1);
  await deleteCard(client, answer.result);
});

test("repeats at the same time wait for the one that runs", async () => {
  const clients = await Promise.all([member(ada), member(ada), member(ada)]);
  const requestId = randomUUID();
  const [first, ...others] = clients.map((client) => client.request(CREATE, data, BOARD, { requestId }));
  const answer = (await first) ?? assert.fail();
  assertAnswer(answer);
  for (const other of others) assert.deepEqual(await other, answer);
  await deleteCard(clients[0], answer.result);
});

test("an id with another content is refused", async () => {
  const client = await member(ada);
  const requestId = randomUUID();
  assertAnswer(await client.request(CURSOR, cursor(1), BOARD, { requestId }));
  assertError(await client.request(CURSOR, cursor(2), BOARD, { requestId }), "sync.requestIdReused", 409);
  const group = room();
  await client.join(group);
  assertError(await client.request(CURSOR, cursor(1), group, { requestId }), "sync.requestIdReused", 409);
});

test("an id is one user's and one route's", async () => {
  const [hers, his] = [await member(ada), await member(ben)];
  const requestId = randomUUID();
  assertAnswer(await hers.request(CURSOR, cursor(3), BOARD, { requestId }));
  assertAnswer(await his.request(CURSOR, cursor(4), BOARD, { requestId }));
  const card = await hers.request(CREATE, data, BOARD, { requestId });
  assertAnswer(card);
  await deleteCard(hers, card.result);
});

test("what is refused before it runs is judged anew", async () => {
  const client = await member(ada);
  const requestId = randomUUID();
  assertError(await client.request(CURSOR, { x: "far" }, BOARD, { requestId }), "sync.invalidInputType", 400);
  assertAnswer(await client.request(CURSOR, cursor(5), BOARD, { requestId }));
});

test("what is no id is refused", async () => {
  const client = await member(ada);
  for (const requestId of ["", 7, {}, "a b", "x".repeat(65)]) {
    assertError(await client.request(CURSOR, cursor(1), BOARD, { requestId }), "sync.invalidRequest", 400);
  }
});
