// @ts-check
// docs/wire.md, "Sessions": what happens to the connections of a session that ends.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, cursor } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect } from "../lib/socket.mjs";
import { logIn, post, register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

/** @param {import("../lib/users.mjs").User} guest */
async function logOut({ cookie }) {
  const answer = await post("/auth/logout", {}, { cookie });
  assert.ok(answer.ok, `${answer.status}`);
}

/**
 * Why a client was disconnected.
 *
 * @param {import("../lib/socket.mjs").Client} client
 */
function disconnected({ socket }) {
  return new Promise((resolve) => {
    if (socket.connected) socket.once("disconnect", resolve);
    else resolve("before");
  });
}

for (const transports of /** @type {("websocket" | "polling")[][]} */ ([["websocket"], ["polling"]])) {
  test(`a logout is told to all tabs of its session over ${transports}, and they are disconnected`, async () => {
    const guest = await logIn(user);
    const tabs = await Promise.all([connect(guest, { transports }), connect(guest, { transports })]);
    const closed = tabs.map(disconnected);
    await logOut(guest);
    for (const tab of tabs) assert.deepEqual(await tab.on("sync-session-ended"), { reason: "loggedOut" });
    assert.deepEqual(await Promise.all(closed), ["io server disconnect", "io server disconnect"]);
  });
}

test("the user's other sessions and anonymous connections hear nothing of it", async () => {
  const guest = await logIn(user);
  const leaving = await connect(guest);
  const staying = await connect(user);
  const nobody = await connect();
  const closed = disconnected(leaving);
  await logOut(guest);
  await closed;
  await staying.join(BOARD);
  assertAnswer(await staying.request(CURSOR, cursor(1), BOARD));
  assertError(await nobody.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
  for (const { heard } of [staying, nobody]) {
    assert.ok(heard.every(({ event }) => event !== "sync-session-ended"));
  }
});

test("a connection whose session has ended hears no more deliveries", async () => {
  const guest = await logIn(user);
  const leaving = await connect(guest);
  const sender = await connect(user);
  await Promise.all([leaving.join(BOARD), sender.join(BOARD)]);
  const closed = disconnected(leaving);
  await logOut(guest);
  await closed;
  assertAnswer(await sender.request(CURSOR, cursor(7), BOARD));
  await sender.delivery(CURSOR);
  assert.deepEqual(leaving.deliveries(CURSOR), []);
});

test("a client whose session has ended can connect again, as nobody", async () => {
  const guest = await logIn(user);
  const client = await connect(guest);
  const closed = disconnected(client);
  await logOut(guest);
  await closed;
  const again = new Promise((resolve) => client.socket.once("connect", () => resolve(undefined)));
  client.socket.connect();
  await again;
  assertError(await client.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
});
