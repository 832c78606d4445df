// @ts-check
// docs/wire.md, "Connection".
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, cursor, cursorOf } from "../lib/routes.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, open, packet } from "../lib/socket.mjs";
import { logIn, post, register, session, url } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

test("the engine answers on /socket.io/ with protocol 4", async () => {
  const response = await fetch(new URL("/socket.io/?EIO=4&transport=polling", url()));
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.equal(text[0], "0");
  const opened = JSON.parse(text.slice(1));
  assert.equal(typeof opened.sid, "string");
  assert.deepEqual(opened.upgrades, ["websocket"]);
  assert.equal(typeof opened.pingInterval, "number");
  assert.equal(typeof opened.pingTimeout, "number");
  assert.equal(typeof opened.maxPayload, "number");
});

for (const transports of /** @type {("websocket" | "polling")[][]} */ ([
  ["websocket"],
  ["polling"],
  ["polling", "websocket"],
])) {
  test(`a session's requests, answers and deliveries go over ${transports.join(", then ")}`, async () => {
    const client = await connect(user, { transports });
    await client.join(BOARD);
    const answer = await client.request(CURSOR, cursor(3), BOARD);
    assertAnswer(answer);
    await client.delivery(CURSOR, (frame) => cursorOf(frame) === 3);
  });
}

test("a connection without a cookie is anonymous", async () => {
  const client = await connect();
  assertError(await client.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
});

test("a connection with an unknown token is anonymous, not refused", async () => {
  const [name] = user.cookie.split("=");
  const client = await connect(undefined, { headers: { cookie: `${name}=${"0".repeat(64)}` } });
  assertError(await client.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
});

test("cookie mode ignores the handshake's auth.token and the authorization header", async () => {
  const token = user.cookie.slice(user.cookie.indexOf("=") + 1);
  const client = await connect(undefined, {
    auth: { token },
    headers: { authorization: `Bearer ${token}` },
  });
  assertError(await client.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
});

test("the session's cookie is found among others", async () => {
  const client = await connect(undefined, { headers: { cookie: `theme=dark; ${user.cookie}; lang=nl` } });
  await client.join(BOARD);
  assertAnswer(await client.request(CURSOR, cursor(1), BOARD));
});

test("a session that logged out is anonymous on its next connection", async () => {
  const guest = await logIn(user);
  const out = await post("/auth/logout", {}, { cookie: guest.cookie });
  assert.ok(out.ok, `${out.status}`);
  const client = await connect(guest);
  assertError(await client.request(CURSOR, cursor(1), BOARD), "auth.required", 401);
  // The same user's other session goes on.
  assert.equal((await session(user.cookie)).user.id, user.id);
});

test("a namespace other than / is refused, and / works on", async () => {
  const client = await connect(user);
  const other = client.socket.io.socket("/admin");
  const refused = await new Promise((resolve) => other.once("connect_error", resolve));
  assert.match(String(refused), /namespace/i);
  other.disconnect();
  await client.join(BOARD);
});

test("the very first event of a connection is answered, 400 times", async () => {
  // What is sent before the connection stands goes out in the same moment as the server's CONNECT
  // arrives. A server that registers its handlers, or lets itself answer, only after it has sent
  // CONNECT loses some.
  for (let round = 0; round < 10; round++) {
    const anonymous = Array.from({ length: 20 }, () => open());
    const refused = anonymous.map((client) => client.send(packet(CURSOR, cursor(1), BOARD)));
    const members = Array.from({ length: 20 }, () => open(user));
    const joined = members.map((client) => client.rooms("joinRoom", { group: BOARD }));
    for (const answer of await Promise.all(refused)) assertError(answer, "auth.required");
    for (const answer of await Promise.all(joined)) assert.ok(answer.rooms?.includes(BOARD));
    closeAll();
  }
});
