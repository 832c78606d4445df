// @ts-check
// docs/wire.md, "Streams", as the chat of the example uses them.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ANSWERING, ASK, LOBBY, SAY, STOP, TYPING, chat } from "../lib/routes.mjs";
import { assertAnswer, assertDelivery, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { post, register } from "../lib/users.mjs";

/** @typedef {import("../lib/users.mjs").User} User */
/** @typedef {import("../lib/socket.mjs").Client} Client */

/** @type {User} */
let ada;
/** @type {User} */
let ben;
beforeEach(async () => {
  // New ones for each test: how often a user may ask is limited.
  [ada, ben] = await Promise.all([register("ada"), register("ben")]);
});
afterEach(closeAll);

/** @param {User} user */
async function member(user) {
  const client = await connect(user);
  await client.join(LOBBY);
  return client;
}

/**
 * Asks, without waiting for the end.
 *
 * @param {Client} client
 * @param {string} text
 */
function ask(client, text) {
  const responseIndex = client.index();
  client.socket.emit("sync", packet(ASK, { text }, LOBBY, { responseIndex }));
  return { progress: `sync-progress-${responseIndex}`, answer: client.on(`sync-${responseIndex}`) };
}

/** @param {{ event: string, args: any[] }} heard */
function isChunk({ event, args: [frame] }) {
  return event === "sync" && frame?.status === "stream" && frame.fullName === `sync/${ASK}`;
}

/**
 * The chunks that a client has heard.
 *
 * @param {Client} client
 * @returns {any[]}
 */
function chunks(client) {
  return client.heard.filter(isChunk).map(({ args }) => args[0]);
}

/** @param {Client} client */
function text(client) {
  return chunks(client)
    .map(({ chunk }) => chunk)
    .join("");
}

/**
 * Waits until some chunks have come.
 *
 * @param {Client} client
 * @param {number} [count]
 */
function someChunks(client, count = 2) {
  return client.hear(`${count} chunks`, () => chunks(client).length >= count);
}

/**
 * Cancels a request that runs.
 *
 * @param {Client} client
 * @param {string} progress
 */
async function cancel(client, progress) {
  const { __cancelId } = await client.on(progress);
  client.socket.emit("syncCancel", { cb: __cancelId });
}

test("the chunks joined are the text, for every member and in the answer", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const answer = await ask(own, "What is in progress?").answer;
  assertAnswer(answer);
  const { messageId, text: whole } = answer.result;
  assertAnswer(answer, { messageId, text: whole });
  assert.ok(whole.startsWith(ada.name), whole);
  for (const client of [own, other]) {
    const delivery = await client.delivery(ASK, ({ status }) => status === "success");
    assertDelivery(delivery, ASK, { messageId, text: whole }, undefined);
    assert.equal(text(client), whole);
    assert.ok(chunks(client).length > 5, "it came at once and not as a stream");
    for (const { chunk, cb, fullName, __stream: _, ...more } of chunks(client)) {
      assert.equal(typeof chunk, "string");
      assert.notEqual(chunk, "");
      assert.deepEqual([cb, fullName, more], [`sync/${ASK}`, `sync/${ASK}`, { status: "stream" }]);
    }
    // It was delivered when it was whole.
    const last = client.heard.map(isChunk).lastIndexOf(true);
    assert.ok(last < client.heard.findIndex(({ args: [frame] }) => frame === delivery));
  }
});

test("cancelling answers request.aborted, and nothing of the answer comes after it", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const { progress, answer } = ask(own, "Write us a plan");
  await Promise.all([someChunks(own), someChunks(other)]);
  await cancel(own, progress);
  assertError(await answer, "request.aborted", 499);
  const heard = own.heard.findIndex(({ event }) => event === progress.replace("-progress", ""));
  const stopped = own.heard.slice(0, heard).filter(isChunk).map(({ args }) => args[0].chunk).join("");

  // Until the next answer is whole, nothing but its own chunks comes.
  const next = await ask(own, "Hello").answer;
  assertAnswer(next);
  // The answer comes before the deliveries are made.
  for (const client of [own, other]) await client.delivery(ASK, ({ status }) => status === "success");
  assert.equal(text(own), stopped + next.result.text);
  assert.equal(text(other), stopped + next.result.text);
  for (const client of [own, other]) assert.equal(client.deliveries(ASK).filter(({ status }) => status !== "stream").length, 1);
});

/**
 * The answer that everybody is told to begin.
 *
 * @param {Client} client
 * @param {User} asker
 */
async function begun(client, asker) {
  const { serverOutput } = await client.delivery(ANSWERING);
  const { status, ...answering } = serverOutput;
  assert.equal(status, "success");
  assert.deepEqual(answering, { messageId: answering.messageId, userId: asker.id, userName: asker.name });
  return answering.messageId;
}

/** The message that everybody is told when an answer has ended. @param {Client} client @param {string} id */
async function ended(client, id) {
  const { serverOutput } = await client.delivery(SAY, (delivery) => delivery.serverOutput?.id === id);
  const { status: _, ...message } = serverOutput;
  return message;
}

test("all hear which answer begins and how it ends, and what was said of a cancelled one is kept", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const { progress, answer } = ask(own, "Write us a plan");
  const [id, same] = await Promise.all([begun(own, ada), begun(other, ada)]);
  assert.equal(same, id);
  await someChunks(other);
  assert.deepEqual((await chat(ben)).answering, { messageId: id, userId: ada.id, userName: ada.name });
  await cancel(own, progress);
  await answer;
  const cancelled = Date.now();
  const message = await ended(other, id);
  assert.ok(Date.now() - cancelled < 1000);
  const { sentAt } = message;
  assert.deepEqual(message, { id, kind: "answer", userId: ada.id, userName: ada.name, text: message.text, ending: "stopped", sentAt });
  assert.ok(message.text.startsWith(text(other)) && text(other) !== "");
  assert.deepEqual(await ended(own, id), message);
  const { messages, answering } = await chat(ben);
  assert.deepEqual([messages.at(-1), answering], [message, null]);
});

test("who asked stops an answer from another connection, and nobody else does", async () => {
  const [own, other, device] = [await member(ada), await member(ben), await member(ada)];
  const { answer } = ask(own, "Write us a plan");
  const messageId = await begun(own, ada);
  await someChunks(own);
  assertError(await other.request(STOP, { messageId }, LOBBY), "chat.notYourQuestion", 403);
  assertAnswer(await device.request(STOP, { messageId }, LOBBY), { messageId });
  assertError(await answer, "chat.stopped", 409);
  for (const client of [own, other, device]) assert.equal((await ended(client, messageId)).ending, "stopped");
});

test("who joins in the middle hears the answer from its beginning", async () => {
  const own = await member(ada);
  const { answer } = ask(own, "How far are we?");
  await someChunks(own, 3);
  const late = await member(ben);
  const { result } = await answer;
  await late.delivery(ASK, ({ status }) => status === "success");
  assert.equal(text(late), result.text);
});

test("an answer goes on when the one who asked has gone", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  ask(own, "Hello").answer.catch(() => {});
  await someChunks(other);
  own.close();
  const { serverOutput } = await other.delivery(ASK, ({ status }) => status === "success");
  assert.equal(text(other), serverOutput.text);
  assert.equal((await chat(ben)).messages.at(-1).ending, "complete");
});

test("two questions are answered one after the other", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const answers = await Promise.all([ask(own, "Hello").answer, ask(other, "Where is the poster?").answer]);
  const texts = answers.map((answer) => {
    assertAnswer(answer);
    return answer.result.text;
  });
  await own.hear("both", () => own.deliveries(ASK).filter(({ status }) => status === "success").length === 2);
  assert.ok([texts.join(""), [...texts].reverse().join("")].includes(text(own)));
});

test("over HTTP the answer is the final event, and the chunks go to the room", async () => {
  const own = await member(ada);
  const body = { data: { text: "Hello" }, receiver: LOBBY };
  const headers = { cookie: ada.cookie, accept: "text/event-stream" };
  const response = await post(`/sync/${ASK}`, body, headers);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const [event, ...more] = events(await response.text());
  assert.deepEqual([event?.event, more], ["final", []]);
  const answer = JSON.parse(event?.data ?? "");
  assertAnswer(answer);
  await own.delivery(ASK, ({ status }) => status === "success");
  assert.equal(text(own), answer.result.text);
});

test("what people say is delivered and kept; that somebody is writing is not kept", async () => {
  const [own, other] = await Promise.all([member(ada), member(ben)]);
  const said = await own.request(SAY, { text: "Two\nlines" }, LOBBY);
  assertAnswer(said);
  const { status: _, ...message } = said.result;
  const { id, sentAt } = message;
  assert.deepEqual(message, { id, kind: "said", userId: ada.id, userName: ada.name, text: "Two\nlines", ending: "complete", sentAt });
  assertDelivery(await other.delivery(SAY), SAY, message, undefined);
  assertAnswer(await own.request(TYPING, {}, LOBBY, { ignoreSelf: true }));
  assertDelivery(await other.delivery(TYPING), TYPING, { userId: ada.id, name: ada.name }, undefined);
  assert.deepEqual((await chat(ben)).messages.at(-1), message);
});

test("the chat is in its room, for those who are logged in, and takes text", async () => {
  const own = await member(ada);
  const group = room();
  await own.join(group);
  for (const [route, data] of /** @type {[string, any][]} */ ([
    [ASK, { text: "Hello" }],
    [SAY, { text: "Hello" }],
    [TYPING, {}],
    [ANSWERING, {}],
    [STOP, { messageId: "any" }],
  ])) {
    assertError(await own.request(route, data, group), "chat.notAChat", 404);
  }
  for (const data of [{ text: "" }, { text: " \n" }, { text: "x".repeat(2001) }, { text: "a\0b" }, {}]) {
    assertError(await own.request(ASK, data, LOBBY), "sync.invalidInputType", 400);
    assertError(await own.request(SAY, data, LOBBY), "sync.invalidInputType", 400);
  }
  const nobody = await post(`/sync/${ASK}`, { data: { text: "Hello" }, receiver: LOBBY });
  assertError(await nobody.json(), "auth.required", 401);
  assertError(await own.request(STOP, { messageId: "any" }, LOBBY), "chat.noAnswer", 404);
});

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
