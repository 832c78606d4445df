// @ts-check
// docs/wire.md, "Progress and cancelling".
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, cursor } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

test("progress begins with the id to cancel by, before the answer", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  assertAnswer(await client.request(CURSOR, cursor(1), BOARD, { responseIndex: 12 }));
  const events = client.heard.map(({ event }) => event);
  const progress = events.indexOf("sync-progress-12");
  assert.ok(progress >= 0, events.join(", "));
  assert.ok(progress < events.indexOf("sync-12"));
  const [first] = client.heard[progress]?.args ?? [];
  assert.deepEqual(Object.keys(first), ["__cancelId"]);
  assert.match(first.__cancelId, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
});

/**
 * Sends so many requests that the last still waits when its id to cancel by comes, and answers that
 * request's id and answer.
 *
 * @param {import("../lib/socket.mjs").Client} client
 */
async function lastOfMany(client) {
  const many = Array.from({ length: 500 }, () => client.index());
  const [last] = many.slice(-1);
  for (const responseIndex of many) {
    const data = { cardId: "no-such-card", toLane: "nowhere" };
    client.socket.emit("sync", { name: `sync/${MOVE}`, cb: MOVE, data, receiver: BOARD, responseIndex });
  }
  const { __cancelId } = await client.on(`sync-progress-${last}`);
  return { id: __cancelId, answer: client.on(`sync-${last}`) };
}

test("a request that is cancelled is answered with request.aborted", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const { id, answer } = await lastOfMany(client);
  client.socket.emit("syncCancel", { cb: id });
  assertError(await answer, "request.aborted", 499);
  assertAnswer(await client.request(CURSOR, cursor(1), BOARD));
});

test("only the connection that made a request can cancel it", async () => {
  const client = await connect(user);
  const other = await connect(user);
  await client.join(BOARD);
  const { id, answer } = await lastOfMany(client);
  other.socket.emit("syncCancel", { cb: id });
  assertError(await answer, "board.cardNotFound");
});
