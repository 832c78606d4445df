// @ts-check
// The streams of WIRE.md as the chat of the example uses them.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ASK, FOLLOW, LOBBY, SAY, TYPING, chat } from "../lib/routes.mjs";
import { assertAnswer, assertDelivery, assertError } from "../lib/shapes.mjs";
import { closeAll, connect, packet, room } from "../lib/socket.mjs";
import { post, register, url } from "../lib/users.mjs";

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

/** @param {User} user @param {string} [node] */
async function member(user, node = url()) {
  const client = await connect(user, { url: node });
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

test("what was said of a cancelled answer is kept, and who follows it is told at once", async () => {
  // Each node has an assistant: who follows an answer asks where it is given.
  const node = url();
  const [own, other] = await Promise.all([member(ada, node), member(ben, node)]);
  const { progress, answer } = ask(own, "Write us a plan");
  await someChunks(other);
  const responseIndex = other.index();
  other.socket.emit("sync", packet(FOLLOW, {}, LOBBY, { responseIndex }));
  const begun = await other.hear("which answer", ({ event, args: [frame] }) => event === `sync-progress-${responseIndex}` && "messageId" in frame);
  const { messageId } = begun.args[0];
  assert.deepEqual(begun.args[0], { messageId, userId: ada.id, userName: ada.name });
  await cancel(own, progress);
  await answer;
  const cancelled = Date.now();
  const end = await other.on(`sync-${responseIndex}`);
  assert.ok(Date.now() - cancelled < 1000);
  assertAnswer(end);
  const { status: _, ...message } = end.result;
  const { sentAt } = message;
  assert.deepEqual(message, { id: messageId, kind: "answer", userId: ada.id, userName: ada.name, text: message.text, ending: "stopped", sentAt });
  assert.ok(message.text.startsWith(text(other)) && text(other) !== "");
  assert.deepEqual((await chat(ben)).messages.at(-1), message);
  // Each page follows for itself.
  assert.equal(own.deliveries(FOLLOW).length + other.deliveries(FOLLOW).length, 0);
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
  const node = url();
  const [own, other] = await Promise.all([member(ada, node), member(ben, node)]);
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

test("over HTTP the originator's stream comes as stream events before the final one", async () => {
  const node = url();
  const own = await member(ada, node);
  const { answer } = ask(own, "Hello");
  await someChunks(own);
  const headers = { cookie: ada.cookie, accept: "text/event-stream" };
  const response = await post(`/sync/${FOLLOW}`, { data: {}, receiver: LOBBY }, headers, node);
  const [begun, end, ...more] = events(await response.text());
  assert.deepEqual([begun?.event, end?.event, more], ["stream", "final", []]);
  const { messageId } = (await answer).result;
  assert.deepEqual(JSON.parse(begun?.data ?? ""), { messageId, userId: ada.id, userName: ada.name });
  const final = JSON.parse(end?.data ?? "");
  assertAnswer(final);
  assert.deepEqual([final.result.id, final.result.ending], [messageId, "complete"]);
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
    [FOLLOW, {}],
  ])) {
    assertError(await own.request(route, data, group), "chat.notAChat", 404);
  }
  for (const data of [{ text: "" }, { text: " \n" }, { text: "x".repeat(2001) }, { text: "a\0b" }, {}]) {
    assertError(await own.request(ASK, data, LOBBY), "sync.invalidInputType", 400);
    assertError(await own.request(SAY, data, LOBBY), "sync.invalidInputType", 400);
  }
  const nobody = await post(`/sync/${ASK}`, { data: { text: "Hello" }, receiver: LOBBY });
  assertError(await nobody.json(), "auth.required", 401);
  assertError(await own.request(FOLLOW, {}, LOBBY), "chat.noAnswer", 404);
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
