// @ts-check
// The order of requests and deliveries of one connection in one room, and what happens past the bound.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, board, cursor, cursorOf } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @typedef {import("../lib/users.mjs").User} User */
/** @type {User} */
let ada;
/** @type {User} */
let ben;
before(async () => {
  ada = await register("ada");
  ben = await register("ben");
});
afterEach(closeAll);

/** @param {number} length */
const numbers = (length) => Array.from({ length }, (_, index) => index + 1);

test("50 requests sent at once are answered and delivered in the order sent", async () => {
  for (let round = 0; round < 5; round++) {
    const group = room();
    const [sender, other] = await Promise.all([connect(ada), connect(ben)]);
    await Promise.all([sender.join(group), other.join(group)]);
    const sent = numbers(50);
    const answers = await Promise.all(sent.map((n) => sender.request(CURSOR, cursor(n), group)));
    for (const answer of answers) assertAnswer(answer);

    const answered = sender.heard
      .filter(({ event }) => /^sync-\d+$/.test(event))
      .map(({ event }) => Number(event.slice("sync-".length)));
    assert.deepEqual(answered, [...answered].sort((a, b) => a - b));
    for (const client of [sender, other]) {
      await client.delivery(CURSOR, (frame) => cursorOf(frame) === 50);
      assert.deepEqual(client.deliveries(CURSOR).map(cursorOf), sent);
    }
    closeAll();
  }
});

test("two connections that send at once each keep their own order", async () => {
  const group = room();
  const [one, two] = await Promise.all([connect(ada), connect(ben)]);
  await Promise.all([one.join(group), two.join(group)]);
  const sent = numbers(50);
  await Promise.all(
    sent.flatMap((n) => [one.request(CURSOR, cursor(n), group), two.request(CURSOR, cursor(1000 + n), group)]),
  );
  await one.hear("all deliveries", () => one.deliveries(CURSOR).length === 100);
  const heard = one.deliveries(CURSOR).map(cursorOf);
  assert.deepEqual(heard.filter((x) => x <= 1000), sent);
  assert.deepEqual(heard.filter((x) => x > 1000), sent.map((n) => 1000 + n));
});

test("a burst past the bound gets errors, not silence, and the connection lives on", async () => {
  const client = await connect(ada);
  await client.join(BOARD);
  const { lanes } = await board(ada);
  // Each asks the database in vain, so requests come in faster than they are done; and without
  // deliveries there is no more to read than a connection's buffer holds.
  const burst = numbers(2000);
  const answers = await Promise.all(
    burst.map((n) => client.request(MOVE, { cardId: `no-card-${n}`, toLane: lanes[0].id }, BOARD)),
  );
  const refused = answers.filter(({ errorCode }) => errorCode !== "board.cardNotFound");
  for (const answer of refused) assertError(answer, "sync.rateLimitExceeded", 429);
  assert.ok(refused.length > 0, `${burst.length} requests at once and no bound`);
  assert.ok(refused.length < burst.length, "nothing of the burst was done");
  assertAnswer(await client.send(packet(CURSOR, cursor(1), BOARD)));
});
