// @ts-check
// WIRE.md, "Requests": progress and cancel.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, cursor } from "../lib/routes.mjs";
import { assertAnswer } from "../lib/shapes.mjs";
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
