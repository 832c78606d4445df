// @ts-check
// What clients see of a server that stops: a server of the test's own, with connections open.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { io } from "socket.io-client";
import { startServer } from "../lib/server.mjs";

/**
 * Long before the deadline of 8 seconds in the server's default settings: with so few connections, none of
 * them busy, nothing has to be waited for. In milliseconds.
 */
const SOON = 3_000;

/** @type {import("socket.io-client").Socket[]} */
let sockets = [];
afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets = [];
});

/**
 * @param {string} url
 * @param {("websocket" | "polling")[]} transports
 */
function open(url, transports) {
  const socket = io(url, { transports, forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500 });
  sockets.push(socket);
  return socket;
}

/** @param {import("socket.io-client").Socket} socket */
const connected = (socket) => new Promise((resolve) => socket.once("connect", () => resolve(undefined)));

test("SIGTERM with connections open ends the process with 0 soon, and clients come back", async () => {
  const server = await startServer({ quiet: true });
  const all = [];
  for (let number = 0; number < 20; number++) {
    all.push(open(server.url, ["websocket"]), open(server.url, ["polling", "websocket"]), open(server.url, ["polling"]));
  }
  await Promise.all(all.map(connected));
  // Half of those that upgrade have done so by now, half may be in the middle of it.
  const reasons = all.map((socket) => new Promise((resolve) => socket.once("disconnect", resolve)));

  const begun = Date.now();
  assert.equal(await server.stop(), 0);
  const took = Date.now() - begun;
  assert.ok(took < SOON, `it took ${took} ms`);
  for (const reason of await Promise.all(reasons)) {
    // After "io server disconnect" Socket.IO's client would stay away.
    assert.ok(reason === "transport close" || reason === "transport error", `${reason}`);
  }

  const again = all.map(connected);
  const next = await startServer({ port: Number(new URL(server.url).port), quiet: true });
  await Promise.all(again);
  for (const socket of sockets) socket.close();
  assert.equal(await next.stop(), 0);
});
