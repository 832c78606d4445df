// @ts-check
// Whether the app that the README makes works: two people, one moves a card, both hear of it.
//
//     node readme.mjs URL
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const url = process.argv[2] ?? assert.fail("usage: node readme.mjs URL");

/** @param {string} name */
async function member(name) {
  const login = await fetch(new URL("/login", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  assert.equal(login.status, 200, await login.text());
  const cookie = login.headers.getSetCookie()[0]?.split(";")[0] ?? assert.fail("no cookie");
  const socket = io(url, { transports: ["websocket"], extraHeaders: { cookie } });
  socket.emit("joinRoom", { group: "board:demo", responseIndex: 1 });
  assert.deepEqual(await once(socket, "joinRoom-1"), { rooms: ["board:demo"] });
  socket.emit("joinRoom", { group: "board:secret", responseIndex: 2 });
  assert.equal((await once(socket, "joinRoom-2")).errorCode, "room.joinBlocked");
  return socket;
}

/**
 * @param {import("socket.io-client").Socket} socket
 * @param {string} event
 * @returns {Promise<any>}
 */
function once(socket, event) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no ${event}`)), 10_000).unref();
    socket.once(event, resolve);
  });
}

const [ada, ben] = await Promise.all([member("ada"), member("ben")]);
const heard = Promise.all([ada, ben].map((socket) => once(socket, "sync")));
/** @param {string} toLane */
const request = (toLane) => ({
  name: "sync/board/moveCard/v1",
  cb: "board/moveCard/v1",
  data: { cardId: "7", toLane },
  receiver: "board:demo",
  responseIndex: 2,
});
const moved = { status: "success", cardId: "7", toLane: "done", movedBy: "ada" };
ada.emit("sync", request("done"));
assert.deepEqual((await once(ada, "sync-2")).result, moved);
for (const [index, delivery] of (await heard).entries()) {
  assert.deepEqual(delivery.serverOutput, moved);
  assert.deepEqual(delivery.clientOutput, { status: "success", byYou: index === 0 });
}
ada.emit("sync", request(""));
assert.equal((await once(ada, "sync-2")).errorCode, "board.laneNotFound");
ada.close();
ben.close();
