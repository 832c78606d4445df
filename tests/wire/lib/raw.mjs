// @ts-check
// Engine.IO by hand, over long polling: frames that the stock client would never write.
import assert from "node:assert/strict";
import { url } from "./users.mjs";

/**
 * Connects, sends one Engine.IO packet as it is, and leaves. Whether the server likes it is its own
 * affair; only its silence would be an error.
 *
 * @param {string} frame
 */
export async function sendRaw(frame) {
  const engine = new URL("/socket.io/?EIO=4&transport=polling", url());
  const opened = await (await fetch(engine)).text();
  engine.searchParams.set("sid", JSON.parse(opened.slice(1)).sid);
  const post = (/** @type {string} */ body) =>
    fetch(engine, { method: "POST", body, signal: AbortSignal.timeout(10_000) });
  assert.equal((await post("40")).status, 200);
  // The server's first ping may come before it.
  let heard = "";
  while (!/(^|\x1e)40/.test(heard)) heard = await (await fetch(engine)).text();
  const answer = await post(frame);
  assert.ok(answer.status < 500, `${answer.status} to ${frame.slice(0, 60)}`);
  await post("1");
}
