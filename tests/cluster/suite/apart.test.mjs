// @ts-check
// Two nodes that are on different Redis by mistake: the operator is told so, without and with a client that moves between
// them, which is told that it cannot resume.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import { Redis } from "../../wire/lib/redis.mjs";
import { startServer } from "../../wire/lib/server.mjs";

const ROOM = "board:demo";
/** There are to be two; one is missed after six times what makes it dead. */
const settings = { SYNC_CLUSTER_NODES: "2", SYNC_CLUSTER_ALIVE_EVERY: "200ms", SYNC_CLUSTER_DEAD_AFTER: "500ms" };
/** How long a node may take to say something, in milliseconds. */
const SAID_WITHIN = 15_000;
const account = { name: "ada", password: "correct horse battery staple" };

test("two nodes on different Redis are reported, and nobody takes the one's order for the other's", async () => {
  const data = mkdtempSync(join(tmpdir(), "sync-apart-"));
  const redis = [await Redis.start(), await Redis.start()];
  const nodes = [];
  for (const { url } of redis) nodes.push(await startServer({ data, redis: url, quiet: true, settings }));
  const [one, other] = nodes;
  assert.ok(one && other);

  for (const node of nodes) {
    await says(node, "are all on one Redis?");
    const { headers } = await fetch(new URL("/readyz", node.url));
    assert.equal(headers.get("sync-cluster-nodes"), "1");
  }

  const before = connect(one.url, await enter(one.url, "/auth/register"));
  const { offsets } = await before.call("joinRoom", { group: ROOM });
  before.close();

  const cookie = await enter(other.url, "/auth/login");
  const joins = connect(other.url, cookie);
  await joins.call("joinRoom", { group: ROOM });
  joins.close();
  const after = connect(other.url, cookie);
  const { rooms } = await after.call("resume", { rooms: { [ROOM]: offsets[ROOM] } });
  assert.equal(rooms[ROOM].recovered, false);
  assert.equal(rooms[ROOM].reason, "newEpoch");
  after.close();
  await says(other, "a client knows a room from another Redis");
  assert.ok(!one.said().includes("another Redis"), one.said());

  for (const node of nodes) await node.stop();
  for (const one of redis) await one.remove();
  rmSync(data, { recursive: true, force: true });
});

/** @param {Awaited<ReturnType<typeof startServer>>} node @param {string} text */
async function says(node, text) {
  const late = Date.now() + SAID_WITHIN;
  while (!node.said().includes(text)) {
    assert.ok(Date.now() < late, `it does not say "${text}": ${node.said()}`);
    await sleep(50);
  }
}

/** Gives the cookie of a new session. @param {string} url @param {string} path */
async function enter(url, path) {
  const response = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(account),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
  assert.ok(response.ok && cookie, `${path}: ${response.status}`);
  return cookie;
}

/** @param {string} url @param {string} cookie */
function connect(url, cookie) {
  const socket = io(url, { transports: ["websocket"], forceNew: true, extraHeaders: { cookie } });
  let index = 0;
  return {
    /** @param {string} event @param {object} packet @returns {Promise<any>} */
    call(event, packet) {
      index += 1;
      const answer = new Promise((resolve) => socket.once(`${event}-${index}`, resolve));
      socket.emit(event, { ...packet, responseIndex: index });
      return answer;
    },
    close: () => socket.disconnect(),
  };
}
