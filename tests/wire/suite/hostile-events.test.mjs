// @ts-check
// Every event with fields that are missing, surplus, of the wrong type, huge or deep, from a session and from nobody:
// an error each, or silence where the contract has no answer, and the connection and the server live on.
import assert from "node:assert/strict";
import { afterEach, before, describe, test } from "node:test";
import { BAD_TEXTS, NO_INDEXES, NO_PACKETS, NO_TEXTS } from "../lib/hostile.mjs";
import { BOARD, CURSOR, cursor } from "../lib/routes.mjs";
import { assertAnswer, assertError, assertRooms } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { register } from "../lib/users.mjs";

/** @typedef {import("../lib/socket.mjs").Client} Client */

const RESUME = "resume";

/** A room that nobody else comes to and goes from. */
const ALONE = room();

/** The fields of each event that is answered, and with what they are refused. @type {[string, object, Record<string, [string, any][]>][]} */
const ANSWERED = [
  [
    "sync",
    packet(CURSOR, cursor(1), BOARD),
    {
      name: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS],
      data: [["missing", undefined], ["a text", "{}"], ...NO_TEXTS, ...BAD_TEXTS],
      cb: [["missing", undefined], ...NO_TEXTS],
      receiver: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS],
      requestId: [...NO_TEXTS.filter(([, value]) => value !== null), ...BAD_TEXTS],
      ignoreSelf: [["a text", "true"], ...NO_TEXTS.filter(([, value]) => value !== null && value !== true)],
    },
  ],
  ["joinRoom", { group: BOARD }, { group: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS] }],
  ["leaveRoom", { group: BOARD }, { group: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS] }],
  ["watchPresence", { group: ALONE }, { group: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS] }],
  ["unwatchPresence", { group: ALONE }, { group: [["missing", undefined], ...NO_TEXTS, ...BAD_TEXTS] }],
  ["getJoinedRooms", {}, {}],
  [
    RESUME,
    { rooms: {} },
    {
      rooms: [
        ["missing", undefined],
        ["a text", "{}"],
        ...NO_TEXTS.filter(([, value]) => !isObject(value)),
        ...[...NO_TEXTS, ...BAD_TEXTS].map(
          ([what, offset]) => /** @type {[string, any]} */ ([`a room whose offset is ${what}`, { [BOARD]: offset }]),
        ),
      ],
    },
  ],
];

/** @param {unknown} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

/**
 * @param {Client} client
 * @param {boolean} loggedIn
 */
async function livesOn(client, loggedIn) {
  const answer = await client.request(CURSOR, cursor(1), BOARD);
  if (loggedIn) assertAnswer(answer);
  else assertError(answer, "auth.required");
  assert.ok(client.socket.connected);
}

/**
 * Sends a packet and answers what comes on `<event>-<index>` or, without an index, on the event itself.
 *
 * @param {Client} client
 * @param {string} event
 * @param {any[]} args
 * @param {number} [index]
 */
async function answerTo(client, event, args, index) {
  const on = index === undefined ? event : `${event}-${index}`;
  const already = client.heard.length;
  client.socket.emit(event, ...args);
  // Deliveries come on `sync` too.
  const isAnswer = (/** @type {any} */ { event, args: [frame] }) => event === on && frame?.fullName === undefined;
  const { args: heard } = await client.hear(`answer on \`${on}\``, (one) =>
    isAnswer(one) && client.heard.indexOf(one) >= already,
  );
  return heard[0];
}

/**
 * An error envelope of some code.
 *
 * @param {any} answer
 * @param {string} what
 */
function assertSomeError(answer, what) {
  assert.equal(answer?.status, "error", `${what}: ${JSON.stringify(answer)}`);
  assertError(answer, answer.errorCode, answer.httpStatus);
  assert.ok(answer.httpStatus >= 400 && answer.httpStatus < 500, `${what}: ${JSON.stringify(answer)}`);
}

for (const loggedIn of [true, false]) {
  describe(`from ${loggedIn ? "a session" : "an anonymous connection"}`, () => {
    const arrive = async () => {
      const client = await connect(loggedIn ? user : undefined);
      if (loggedIn) for (const group of [BOARD, ALONE]) await client.join(group);
      return client;
    };

    for (const [event, good, fields] of ANSWERED) {
      test(`${event} that is no packet, or has no index, is answered with an error on its own name`, async () => {
        const client = await arrive();
        for (const [what, args] of NO_PACKETS) assertSomeError(await answerTo(client, event, args), what);
        for (const [what, responseIndex] of NO_INDEXES) {
          assertSomeError(await answerTo(client, event, [{ ...good, responseIndex }]), `an index that is ${what}`);
        }
        await livesOn(client, loggedIn);
      });

      for (const [field, values] of Object.entries(fields)) {
        test(`${event} whose ${field} does not fit is answered with an error on its index`, async () => {
          const client = await arrive();
          for (const [what, value] of values) {
            const responseIndex = client.index();
            const answer = await answerTo(client, event, [{ ...good, [field]: value, responseIndex }], responseIndex);
            assertSomeError(answer, `${field} is ${what}`);
          }
          await livesOn(client, loggedIn);
        });
      }

      test(`${event} with surplus fields and arguments is answered as without them`, async () => {
        const client = await arrive();
        const responseIndex = client.index();
        const plain = await answerTo(client, event, [{ ...good, responseIndex }], responseIndex);
        for (const [what, value] of [...NO_TEXTS, ...BAD_TEXTS]) {
          const responseIndex = client.index();
          const crowded = [{ ...good, more: value, responseIndex }, value, "more"];
          assert.deepEqual(await answerTo(client, event, crowded, responseIndex), plain, what);
        }
        await client.join(BOARD).catch(() => {});
        await livesOn(client, loggedIn);
      });
    }

    test("syncCancel and events that nobody knows are met with silence", async () => {
      const client = await arrive();
      await client.rooms("getJoinedRooms");
      const before = client.heard.length;
      for (const event of ["syncCancel", "no such event", "__proto__", "constructor", "sync-1", "x".repeat(10_000), ""]) {
        for (const [, args] of NO_PACKETS) client.socket.emit(event, ...args);
        for (const [, cb] of [...NO_TEXTS, ...BAD_TEXTS]) {
          client.socket.emit(event, { cb });
          client.socket.emit(event, { cb, rooms: cb, group: cb, responseIndex: 1 }, cb);
        }
      }
      await client.rooms("getJoinedRooms");
      const heard = client.heard.slice(before).map(({ event }) => event);
      assert.ok(heard.length === 1 && heard[0]?.startsWith("getJoinedRooms-"), heard.join(", "));
      await livesOn(client, loggedIn);
    });

    test("ten thousand rooms, each joined, sent to and left", async () => {
      const client = await arrive();
      /** @param {(group: string) => Promise<any>} ask */
      const each = async (ask) => {
        const answers = [];
        for (let begin = 0; begin < 10_000; begin += 500) {
          const groups = Array.from({ length: 500 }, (_, n) => `r${begin + n}`);
          answers.push(...(await Promise.all(groups.map(ask))));
        }
        return answers;
      };
      for (const answer of await each((group) => client.rooms("joinRoom", { group }))) {
        if (loggedIn) assert.ok(answer.rooms.length > 0 && answer.rooms.length <= 1000, `${answer.rooms?.length} rooms`);
        else assertError(answer, "session.notFound", 401);
      }
      const { rooms } = await client.rooms("getJoinedRooms");
      assert.equal(new Set(rooms).size, rooms.length);
      for (const answer of await each((group) => client.request("board/noSuchRoute/v1", {}, group))) {
        assertError(answer, "sync.notFound", 404);
      }
      for (const answer of await each((group) => client.rooms("leaveRoom", { group }))) {
        if (loggedIn) assert.ok(Array.isArray(answer.rooms));
        else assertError(answer, "session.notFound", 401);
      }
      assertRooms(await client.rooms("getJoinedRooms"));
      if (loggedIn) await client.join(BOARD);
      await livesOn(client, loggedIn);
    });

    test("resume of ten thousand rooms and of prototypes' names is answered", async () => {
      const client = await arrive();
      const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`r${n}`, "1:1"]));
      const names = JSON.parse('{"__proto__":"1:1","constructor":"1:1","toString":"1:1"}');
      for (const rooms of [many, names, { [BOARD]: "-1:-1" }, { [BOARD]: "1:99999999999999999999999" }]) {
        const responseIndex = client.index();
        const answer = await answerTo(client, RESUME, [{ rooms, responseIndex }], responseIndex);
        if (answer.status === "error") assertSomeError(answer, "rooms");
        else for (const state of Object.values(answer.rooms)) assert.equal(state.recovered, false);
      }
      await livesOn(client, loggedIn);
    });
  });
}
