// @ts-check
// Whatever is sent as a request or below it, there is an answer or nothing happens, and the connection and the
// server live on. What each event makes of its fields is in hostile-events.
import assert from "node:assert/strict";
import { afterEach, before, describe, test } from "node:test";
import { BOARD, CURSOR, PING, cursor } from "../lib/routes.mjs";
import { NO_PACKETS, nested } from "../lib/hostile.mjs";
import { assertAnswer, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { sendRaw } from "../lib/raw.mjs";
import { register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

/**
 * @param {import("../lib/socket.mjs").Client} client
 * @param {boolean} loggedIn
 */
async function livesOn(client, loggedIn) {
  const answer = await client.request(CURSOR, cursor(1), BOARD);
  if (loggedIn) assertAnswer(answer);
  else assertError(answer, "auth.required");
  assert.ok(client.socket.connected);
}

for (const loggedIn of [true, false]) {
  const who = loggedIn ? "a session" : "an anonymous connection";
  const arrive = async () => {
    const client = await connect(loggedIn ? user : undefined);
    if (loggedIn) await client.join(BOARD);
    return client;
  };

  describe(`from ${who}`, () => {
    for (const [what, args] of NO_PACKETS) {
      test(`${what} on sync is answered on event sync, and as the ack`, async () => {
        const client = await arrive();
        client.socket.emit("sync", ...args);
        const { args: heard } = await client.hear("error on `sync`", ({ event }) => event === "sync");
        assertError(heard[0], "sync.invalidRequest", 400);
        const ack = await client.socket.timeout(5000).emitWithAck("sync", ...args);
        assertError(ack, "sync.invalidRequest", 400);
        await livesOn(client, loggedIn);
      });
    }

    test("a responseIndex that is no number gets the error on event sync", async () => {
      const client = await arrive();
      for (const responseIndex of [undefined, null, "7", {}, [], true]) {
        client.heard.length = 0;
        client.socket.emit("sync", { ...packet("board/noSuchRoute/v1", {}, BOARD), responseIndex });
        const { args } = await client.hear("error on `sync`", ({ event }) => event === "sync");
        assert.equal(args[0].status, "error");
      }
      await livesOn(client, loggedIn);
    });
  });
}

test("binary in the input is refused, not delivered", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const answer = await client.request(CURSOR, { x: Buffer.from([1, 2, 3]), y: 0 }, BOARD);
  assert.equal(answer.status, "error");
  assert.match(answer.errorCode, /^sync\.invalid(Request|InputType)$/);
  await livesOn(client, true);
});

test("names of prototypes are ordinary names of rooms and fields", async () => {
  const client = await connect(user);
  for (const group of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    const name = `${room()}:${group}`;
    await client.join(name);
    assertAnswer(await client.request(PING, {}, name));
    await client.join(group);
    assertAnswer(await client.request(PING, {}, group));
    await client.rooms("leaveRoom", { group });
  }
});

test("a deep input is refused or handled, and does not end the server", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  for (const depth of [100, 1000]) {
    client.heard.length = 0;
    // Past what the server's parser takes, the response index is not known to it either.
    const refused = client.hear("error", ({ event }) => event === "sync" || /^sync-\d+$/.test(event));
    client.socket.emit("sync", packet(CURSOR, nested(depth), BOARD, { responseIndex: depth }));
    assert.equal((await refused).args[0].status, "error");
  }
  await livesOn(client, true);
});

test("names and receivers of any length are refused", async () => {
  const client = await connect(user);
  await client.join(BOARD);
  const long = "x".repeat(100_000);
  const good = packet(CURSOR, cursor(1), BOARD);
  for (const bad of [
    { ...good, name: `sync/board/${long}/v1` },
    { ...good, name: long },
    { ...good, receiver: long },
    { ...good, name: `sync/${"a/".repeat(10_000)}b/v1` },
    { ...good, name: `sync/board/cursorMove/v${"9".repeat(1000)}` },
  ]) {
    assert.equal((await client.send(bad)).status, "error");
  }
  await livesOn(client, true);
});

test("a frame past the limit ends at most its own connection", async () => {
  const witness = await connect(user);
  await witness.join(BOARD);
  const sender = await connect(user);
  const gone = new Promise((resolve) => sender.socket.once("disconnect", () => resolve("closed")));
  const answer = sender.request(CURSOR, { ...cursor(1), more: "x".repeat(32 * 1024 * 1024) }, BOARD);
  const outcome = await Promise.race([gone, answer.catch(() => "silence")]);
  assert.notEqual(outcome, "silence");
  if (outcome !== "closed") assert.equal(outcome.status, "error");
  await livesOn(witness, true);
});

test("frames that no client would send end at most their own connection", async () => {
  const witness = await connect(user);
  await witness.join(BOARD);
  for (const frame of [
    "",
    "4",
    "42",
    "42[",
    '42["sync"',
    "42{}",
    "42[]",
    "42[5]",
    '42["sync",{"name":}]',
    `42["sync",${"[".repeat(100_000)}`,
    `42["sync",{"name":"sync/${CURSOR}","cb":"","receiver":"${BOARD}","responseIndex":1,"data":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}]`,
    '4299999999999999999999["sync",{}]',
    '451-["sync",{"_placeholder":true,"num":0}]',
    '45999999999-["sync",{"_placeholder":true,"num":0}]',
    '451-["sync",{"_placeholder":true,"num":7}]',
    "43[]",
    "40/admin,",
    "41",
    "49",
    "9",
    "\u{1F98A}",
    '42["sync",{"responseIndex":1e999}]',
    '42["sync",{"responseIndex":1,"responseIndex":2}]',
    '42["sync","\\ud800"]',
  ]) {
    await sendRaw(frame);
    await livesOn(witness, true);
  }
});

test("a thousand garbage frames from ten connections leave the server well", async () => {
  const witness = await connect(user);
  await witness.join(BOARD);
  const rounds = Array.from({ length: 10 }, async () => {
    const client = await connect();
    for (let n = 0; n < 100; n++) {
      client.socket.emit("sync", NO_PACKETS[n % NO_PACKETS.length]?.[1][0]);
    }
    await client.rooms("getJoinedRooms");
  });
  await Promise.all(rounds);
  await livesOn(witness, true);
});
