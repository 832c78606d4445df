// @ts-check
// docs/wire.md, "Deliveries".
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, CURSOR, MOVE, PING, SHOW, createCard, cursor, cursorOf, deleteCard } from "../lib/routes.mjs";
import { assertAnswer, assertDelivery, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { logIn, register } from "../lib/users.mjs";

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

/**
 * @param {string} group
 * @param {User[]} users
 */
function members(group, ...users) {
  return Promise.all(
    users.map(async (user) => {
      const client = await connect(user);
      await client.join(group);
      return client;
    }),
  );
}

test("without a _client file every member, the sender too, gets the server output and {}", async () => {
  const [sender, other] = await members(BOARD, ada, ben);
  assert.ok(sender && other);
  const card = await createCard(ada, sender);
  const toLane = card.lanes[1].id;
  assertAnswer(await sender.request(MOVE, { cardId: card.id, toLane }, BOARD));
  for (const member of [sender, other]) {
    const frame = await member.delivery(MOVE, ({ serverOutput }) => serverOutput.cardId === card.id);
    assertDelivery(frame, MOVE, { cardId: card.id, toLane, movedBy: ada.id }, undefined);
  }
  await deleteCard(sender, card);
});

test("with a _client file each recipient gets a client output of its own", async () => {
  const [owner, other] = await members(BOARD, ada, ben);
  assert.ok(owner && other);
  const card = await createCard(ada, owner, { privateNotes: "only for Ada" });
  const answer = await other.request(SHOW, { cardId: card.id }, BOARD);
  assertAnswer(answer);
  assert.ok(!JSON.stringify(answer).includes("only for Ada"));

  const about = (/** @type {any} */ frame) => JSON.stringify(frame.serverOutput).includes(card.id);
  const toOwner = await owner.delivery(SHOW, about);
  const toOther = await other.delivery(SHOW, about);
  assert.equal(toOwner.clientOutput.status, "success");
  assert.equal(toOwner.clientOutput.privateNotes, "only for Ada");
  assert.equal(toOther.clientOutput.status, "success");
  assert.ok(!JSON.stringify(toOther).includes("only for Ada"), JSON.stringify(toOther));
  for (const frame of [toOwner, toOther]) {
    const { status, ...serverOutput } = frame.serverOutput;
    assert.equal(status, "success");
    const { status: _, ...clientOutput } = frame.clientOutput;
    assertDelivery(frame, SHOW, serverOutput, clientOutput);
  }
  await deleteCard(owner, card);
});

test("cb and fullName are the server's words, whatever the client called its callback", async () => {
  const group = room();
  const [sender] = await members(group, ada);
  assert.ok(sender);
  assertAnswer(await sender.request(CURSOR, cursor(31), group, { cb: "mine/own/v9", fullName: "x" }));
  const frame = await sender.delivery(CURSOR, (frame) => cursorOf(frame) === 31);
  assert.equal(frame.cb, `sync/${CURSOR}`);
  assert.equal(frame.fullName, `sync/${CURSOR}`);
});

test("ignoreSelf leaves out every tab of the sender's session, and no other session of the user", async () => {
  const group = room();
  const otherBrowser = await logIn(ada);
  const [tab, secondTab, browser, other] = await members(group, ada, ada, otherBrowser, ben);
  assert.ok(tab && secondTab && browser && other);
  assertAnswer(await tab.request(CURSOR, cursor(41), group, { ignoreSelf: true }));
  // Sent after the first, to all: whoever has the second and not the first was left out.
  assertAnswer(await tab.request(CURSOR, cursor(42), group));
  const seen = await Promise.all(
    [tab, secondTab, browser, other].map(async (client) => {
      await client.delivery(CURSOR, (frame) => cursorOf(frame) === 42);
      return client.deliveries(CURSOR).some((frame) => cursorOf(frame) === 41);
    }),
  );
  assert.deepEqual(seen, [false, false, true, true]);
});

test("ignoreSelf: false and no ignoreSelf deliver to the sender", async () => {
  const group = room();
  const [sender] = await members(group, ada);
  assert.ok(sender);
  assertAnswer(await sender.request(CURSOR, cursor(51), group, { ignoreSelf: false }));
  await sender.delivery(CURSOR, (frame) => cursorOf(frame) === 51);
});

test("only the members of the receiver hear of it", async () => {
  const [here, there] = [room(), room()];
  const [sender] = await members(here, ada);
  const [outside] = await members(there, ben);
  assert.ok(sender && outside);
  await sender.join(there);
  assertAnswer(await sender.request(PING, {}, here));
  assertAnswer(await sender.request(PING, {}, there));
  await outside.delivery(PING);
  assert.equal(outside.deliveries(PING).length, 1);
  await sender.hear("second delivery", () => sender.deliveries(PING).length === 2);
});

test("a request that is refused or fails is delivered to nobody", async () => {
  const [sender, other] = await members(BOARD, ada, ben);
  assert.ok(sender && other);
  const lost = await sender.request(MOVE, { cardId: "no-such-card", toLane: "nowhere" }, BOARD);
  assert.equal(lost.status, "error");
  assert.equal((await sender.request(CURSOR, { x: "far" }, BOARD)).status, "error");
  assertAnswer(await sender.request(CURSOR, cursor(61), BOARD));
  await other.delivery(CURSOR, (frame) => cursorOf(frame) === 61);
  assert.equal(other.deliveries(MOVE).length, 0);
  assert.deepEqual(
    other.heard.filter(({ event, args: [frame] }) => event === "sync" && frame?.status === "error"),
    [],
  );
});

test("a member that left hears nothing more", async () => {
  const group = room();
  const [sender, leaver] = await members(group, ada, ben);
  assert.ok(sender && leaver);
  await leaver.rooms("leaveRoom", { group: group });
  assertAnswer(await sender.request(CURSOR, cursor(71), group));
  await sender.delivery(CURSOR, (frame) => cursorOf(frame) === 71);
  await leaver.join(group);
  assertAnswer(await sender.request(CURSOR, cursor(72), group));
  await leaver.delivery(CURSOR, (frame) => cursorOf(frame) === 72);
  assert.deepEqual(leaver.deliveries(CURSOR).map(cursorOf), [72]);
});

test("when every member is left out nobody is received, and the answer says so or succeeds", async () => {
  // The handler has run; whether a room with nobody but the ignored sender counts as empty is not
  // laid down. Either way there is exactly one answer.
  const group = room();
  const [sender] = await members(group, ada);
  assert.ok(sender);
  const answer = await sender.request(PING, {}, group, { ignoreSelf: true });
  if (answer.status === "error") assertError(answer, "sync.noReceiversFound", 404);
  else assertAnswer(answer);
  assert.equal(sender.deliveries(PING).length, 0);
});

test("the answer is not held up by deliveries: both come, each once", async () => {
  const group = room();
  const [sender] = await members(group, ada);
  assert.ok(sender);
  const ack = await sender.socket
    .timeout(5000)
    .emitWithAck("sync", packet(CURSOR, cursor(81), group, { responseIndex: 900 }));
  assertAnswer(ack);
  await sender.delivery(CURSOR, (frame) => cursorOf(frame) === 81);
  assertAnswer(await sender.request(CURSOR, cursor(82), group));
  await sender.delivery(CURSOR, (frame) => cursorOf(frame) === 82);
  const count = sender.deliveries(CURSOR).filter((frame) => cursorOf(frame) === 81).length;
  assert.equal(count, 1);
});
