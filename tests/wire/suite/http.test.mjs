// @ts-check
// docs/wire.md, "HTTP": the same requests by POST, with deliveries over the sockets.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { BOARD, CURSOR, MOVE, PING, cursor, cursorOf } from "../lib/routes.mjs";
import { assertAnswer, assertDelivery, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, room } from "../lib/socket.mjs";
import { post, register, url } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let ada;
/** @type {import("../lib/users.mjs").User} */
let ben;
/** A room Ada and Ben are in. */
let group = "";
before(async () => {
  ada = await register("ada");
  ben = await register("ben");
});
beforeEach(() => {
  group = room();
});
afterEach(closeAll);

/**
 * @param {import("../lib/users.mjs").User | undefined} user
 * @param {string} route
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 */
function send(user, route, body, headers = {}) {
  return post(`/sync/${route}`, body, { ...(user && { cookie: user.cookie }), ...headers });
}

/** @param {import("../lib/users.mjs").User} user */
async function member(user) {
  const client = await connect(user);
  await client.join(group);
  return client;
}

test("a request is answered with the envelope and 200, and delivered over the sockets", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const response = await send(ada, CURSOR, { data: cursor(7), receiver: group });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  /** @type {any} */
  const answer = await response.json();
  assertAnswer(answer);
  const { status: _, ...output } = answer.result;
  for (const client of [own, other]) {
    assertDelivery(await client.delivery(CURSOR), CURSOR, output, undefined);
  }
});

test("ignoreSelf leaves out the sockets of the cookie's session", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const body = { data: cursor(1), receiver: group, ignoreSelf: true };
  assert.equal((await send(ada, CURSOR, body)).status, 200);
  assert.equal((await send(ada, CURSOR, { data: cursor(2), receiver: group })).status, 200);
  await other.delivery(CURSOR, (frame) => cursorOf(frame) === 2);
  await own.delivery(CURSOR, (frame) => cursorOf(frame) === 2);
  assert.deepEqual(other.deliveries(CURSOR).map(cursorOf), [1, 2]);
  assert.deepEqual(own.deliveries(CURSOR).map(cursorOf), [2]);
});

test("an error has its code's HTTP status", async () => {
  await member(ada);
  const good = { data: cursor(1), receiver: group };
  const lost = { data: { cardId: "no-such-card", toLane: "nowhere" }, receiver: BOARD };
  const board = await connect(ada);
  await board.join(BOARD);
  /** @type {[string, number, Promise<Response>][]} */
  const cases = [
    ["auth.required", 401, send(undefined, CURSOR, good)],
    ["sync.notFound", 404, send(ada, "board/noSuchRoute/v1", good)],
    ["sync.notFound", 404, send(ada, "board/cursorMove/v77", good)],
    ["routing.invalidServiceRouteName", 400, send(ada, "board/cursorMove", good)],
    ["sync.invalidRequest", 400, send(ada, CURSOR, null)],
    ["sync.invalidRequest", 400, send(ada, CURSOR, [good])],
    ["sync.invalidRequest", 400, send(ada, CURSOR, { receiver: group })],
    ["sync.missingReceiver", 400, send(ada, CURSOR, { ...good, receiver: "" })],
    ["sync.missingReceiver", 400, send(ada, CURSOR, { data: {} })],
    ["sync.receiverNotAllowed", 403, send(ada, CURSOR, { ...good, receiver: "all" })],
    ["sync.notRoomMember", 403, send(ada, CURSOR, { ...good, receiver: room() })],
    ["sync.notRoomMember", 403, send(ben, CURSOR, good)],
    ["sync.notRoomMember", 403, send(undefined, PING, { data: {}, receiver: group })],
    ["sync.invalidInputType", 400, send(ada, CURSOR, { ...good, data: { x: "far" } })],
    ["board.cardNotFound", 404, send(ada, MOVE, lost)],
    ["sync.payloadTooLarge", 413, send(ada, CURSOR, { ...good, more: "x".repeat(1024 * 1024) })],
  ];
  for (const [code, status, sent] of cases) {
    const response = await sent;
    const answer = await response.json();
    assertError(answer, code, status);
    assert.equal(response.status, status, code);
  }
});

test("what is no JSON is refused, by type and by content", async () => {
  await member(ada);
  const headers = { cookie: ada.cookie };
  const target = new URL(`/sync/${CURSOR}`, url());
  const body = JSON.stringify({ data: cursor(1), receiver: group });
  for (const init of [
    // What a form of another site could send.
    { headers: { ...headers, "content-type": "text/plain" }, body },
    { headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body },
    { headers: { ...headers, "content-type": "application/json" }, body: "{" },
    { headers: { ...headers, "content-type": "application/json" }, body: "" },
    { headers: { ...headers, "content-type": "application/json" }, body: Buffer.from([0xff, 0xfe]) },
  ]) {
    const response = await fetch(target, { method: "POST", ...init });
    assert.equal(response.status, 400);
    assertError(await response.json(), "sync.invalidRequest", 400);
  }
  assert.equal((await fetch(target, { headers })).status, 405);
});

test("a page of another site cannot use the cookie", async () => {
  await member(ada);
  const body = { data: cursor(1), receiver: group };
  const foreign = await send(ada, CURSOR, body, { origin: "https://evil.example" });
  assert.equal(foreign.status, 403);
  assertError(await foreign.json(), "auth.forbidden", 403);
  const node = url();
  const headers = { cookie: ada.cookie, origin: new URL(node).origin };
  assert.equal((await post(`/sync/${CURSOR}`, body, headers, node)).status, 200);
});

for (const [how, query, headers] of /** @type {[string, string, Record<string, string>][]} */ ([
  ["Accept: text/event-stream", "", { accept: "text/event-stream" }],
  ["?stream=true", "?stream=true", {}],
])) {
  test(`${how} makes the answer an event stream that ends in one final event`, async () => {
    const own = await member(ada);
    const ok = await send(ada, `${CURSOR}${query}`, { data: cursor(1), receiver: group }, headers);
    assert.match(ok.headers.get("content-type") ?? "", /^text\/event-stream/);
    const [event, ...more] = events(await ok.text());
    assert.deepEqual(more, []);
    assert.equal(event?.event, "final");
    assertAnswer(JSON.parse(event?.data ?? ""));
    await own.delivery(CURSOR);

    const refused = await send(ben, `${CURSOR}${query}`, { data: cursor(1), receiver: group }, headers);
    const last = events(await refused.text()).at(-1);
    assert.equal(last?.event, "final");
    assertError(JSON.parse(last?.data ?? ""), "sync.notRoomMember", 403);
  });
}

/**
 * @param {string} stream
 * @returns {{ event: string, data: string }[]}
 */
function events(stream) {
  return stream
    .split(/\r?\n\r?\n/)
    .map((block) => ({
      event: /^event: ?(.*)$/m.exec(block)?.[1] ?? "",
      data: [...block.matchAll(/^data: ?(.*)$/gm)].map((line) => line[1]).join("\n"),
    }))
    .filter(({ data }) => data !== "");
}
