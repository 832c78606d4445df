// @ts-check
// The order of requests and deliveries of one connection in one room, and what happens past the bound.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { CURSOR, cursor, cursorOf } from "../lib/routes.mjs";
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

test("a burst past the bound gets errors, not silence", async () => {
  const client = await connect(ada);
  const group = room();
  await client.join(group);
  const burst = numbers(5000);
  // A server may close a connection that does not read as fast as it asks; what it may not do is
  // leave a request without an answer on one that stays open.
  const closed = new Promise((resolve) => client.socket.once("disconnect", () => resolve("closed")));
  const answers = await Promise.race([
    Promise.all(burst.map((n) => client.request(CURSOR, cursor(n), group))),
    closed,
  ]);
  if (answers !== "closed") {
    const refused = answers.filter((/** @type {any} */ answer) => answer.status === "error");
    for (const answer of refused) assertError(answer, "sync.rateLimitExceeded", 429);
    assert.ok(refused.length > 0, `${burst.length} requests at once and no bound`);
    // What was done was done in order, and delivered.
    const done = burst.filter((_, index) => answers[index]?.status === "success");
    assert.ok(done.length > 0, "nothing of the burst was done");
    await client.delivery(CURSOR, (frame) => cursorOf(frame) === done.at(-1));
    assert.deepEqual(client.deliveries(CURSOR).map(cursorOf), done);
    assertAnswer(await client.send(packet(CURSOR, cursor(1), group)));
  }
  const next = await connect(ada);
  assertAnswer(await next.send(packet(CURSOR, cursor(1), group)));
});
