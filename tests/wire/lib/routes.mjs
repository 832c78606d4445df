// @ts-check
// The example app's routes, as far as this suite uses them: the one place that knows their inputs.
import assert from "node:assert/strict";
import { url } from "./users.mjs";

/** The room of the demo board. Routes of the board work in no other. */
export const BOARD = "board:demo";

/** No login needed, no input, at the root. */
export const PING = "system/ping/v1";
/** Login needed, nothing is stored, one delivery per request. */
export const CURSOR = "board/cursorMove/v1";
/** Login needed, one own error. */
export const MOVE = "board/moveCard/v1";
/** Login needed, makes a card with private notes. */
export const CREATE = "board/createCard/v1";
/** Login needed, only the owner of a card may. */
const DELETE = "board/deleteCard/v1";
/** Login needed, with a `_client` file. */
export const SHOW = "board/showCard/v1";

/** The room of everybody in the chat. Routes of the chat work in no other. */
export const LOBBY = "chat:lobby";
/** Login needed, streams `{ chunk }` to the room and answers with the whole text. */
export const ASK = "chat/sendMessage/v1";
/** Login needed, says which answer is given; the server publishes it when one begins. */
export const ANSWERING = "chat/answering/v1";
/** Login needed, stops the answer to one's own question. */
export const STOP = "chat/stopAnswer/v1";
/** Login needed, kept, one delivery per request; the server publishes answers that have ended. */
export const SAY = "chat/say/v1";
/** Login needed, no input, nothing is kept. */
export const TYPING = "chat/typing/v1";

/**
 * A place on the board that tells requests apart, for numbers up to 10 000.
 *
 * @param {number} n
 */
export function cursor(n) {
  return { x: n / 10_000, y: 0 };
}

/**
 * The number of the request that a delivered cursor comes from.
 *
 * @param {import("./socket.mjs").Frame} frame
 */
export function cursorOf({ serverOutput }) {
  return Math.round(serverOutput.x * 10_000);
}

/**
 * The demo board as it is now.
 *
 * @param {import("./users.mjs").User} user
 * @returns {Promise<any>}
 */
export async function board(user) {
  const response = await fetch(new URL("/api/board", url()), { headers: { cookie: user.cookie } });
  assert.equal(response.status, 200);
  return response.json();
}

/**
 * The chat as it is now.
 *
 * @param {import("./users.mjs").User} user
 * @returns {Promise<any>}
 */
export async function chat(user) {
  const response = await fetch(new URL("/api/chat", url()), { headers: { cookie: user.cookie } });
  assert.equal(response.status, 200);
  return response.json();
}

/**
 * Makes a card of the client's own, in the first lane.
 *
 * @param {import("./users.mjs").User} user
 * @param {import("./socket.mjs").Client} client of this user, a member of the board
 * @param {{ title?: string, privateNotes?: string }} [what]
 */
export async function createCard(user, client, { title = "A card of the wire tests", privateNotes = "" } = {}) {
  const { lanes } = await board(user);
  const answer = await client.request(CREATE, { title, laneId: lanes[0].id, privateNotes }, BOARD);
  assert.equal(answer.status, "success", JSON.stringify(answer));
  return { ...answer.result, lanes };
}

/**
 * Takes a card away again, so that a server which is tested often does not fill up.
 *
 * @param {import("./socket.mjs").Client} client of its owner, a member of the board
 * @param {{ id: string }} card
 */
export async function deleteCard(client, { id }) {
  const answer = await client.request(DELETE, { cardId: id }, BOARD);
  assert.equal(answer.status, "success", JSON.stringify(answer));
}
