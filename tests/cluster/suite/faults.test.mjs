// @ts-check
// What members hear while a node, Redis or a network fails, under a steady load with members on all nodes.
// Prints a table of figures in the end.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cable } from "../../browser/lib/cable.mjs";
import { Redis } from "../../wire/lib/redis.mjs";
import { startFixtureServer } from "../../wire/lib/server.mjs";
import { Load, healthy, judge, table } from "../lib/load.mjs";
import { Member } from "../lib/member.mjs";

/** How many members begin on each node. */
const MEMBERS = 3;
/** How long the load runs before and after a fault, in milliseconds. */
const CALM = 2_000;

/** @typedef {Awaited<ReturnType<typeof startFixtureServer>>} Node */

/** @type {import("../lib/load.mjs").Figures[]} */
const figures = [];
after(() => console.log(`\n${table(figures)}\n`));

/** @type {Redis} */
let redis;
/** @type {Node[]} */
let nodes = [];
/** @type {Member[]} */
let members = [];
/** @type {Load} */
let load;
let rooms = 0;

/** @param {{ keeps?: boolean, more?: () => Promise<Member[]> }} [options] `more` members than those on each node */
async function begin({ keeps = false, more = async () => [] } = {}) {
  redis = await Redis.start({ keeps });
  nodes = [await startNode(), await startNode()];
  rooms += 1;
  members = nodes.flatMap((_, node) =>
    Array.from({ length: MEMBERS }, (_, number) => member(`member-${node}-${number}`, nodesFrom(node))),
  );
  members.push(...(await more()));
  await Promise.all(members.map((member) => member.begin()));
  load = new Load(members);
  load.begin();
  await sleep(CALM);
}

/** @param {string[]} [args] */
function startNode(args = ["--redis", redis.url]) {
  return startFixtureServer({ args, settings: { SYNC_STALL_TIMEOUT: "2s" } });
}

/** @param {string} name @param {() => string} node */
function member(name, node) {
  return new Member(name, `noted-${rooms}`, node);
}

/** The nodes in turn, from one of them. @param {number} first */
function nodesFrom(first) {
  let next = first;
  return () => {
    const node = nodes[next % nodes.length];
    next += 1;
    return node?.url ?? "http://127.0.0.1:1";
  };
}

/**
 * Ends the load and writes down what it came to.
 *
 * @param {string} fault
 * @param {number} seconds
 */
async function end(fault, seconds) {
  await sleep(CALM);
  await load.end();
  figures.push(judge(fault, members, seconds));
}

afterEach(async () => {
  load.stop();
  for (const member of members) member.end();
  await Promise.all(nodes.map((node) => node.kill()));
  await redis.remove();
});

test("a node that is killed: its members go on at the other, and nothing is lost unsaid or runs twice", async () => {
  await begin();
  await nodes[0]?.kill();
  nodes.shift();
  const seconds = await healthy(members);
  nodes.push(await startNode());
  await end("kill -9 a node", seconds);
});

for (const keeps of [true, false]) {
  test(`Redis away for 10 s, ${keeps ? "back with" : "back without"} its data: all that is kept is heard, or its loss is`, async () => {
    await begin({ keeps });
    await redis.kill();
    await sleep(10_000);
    await redis.start();
    const seconds = await healthy(members);
    await end(`Redis away for 10 s, ${keeps ? "with" : "without"} its data`, seconds);
  });
}

test("a node that hangs for 20 s slows nobody at the other, and its members hear all in the end", async () => {
  await begin();
  const hung = nodes[0];
  const others = members.slice(MEMBERS);
  process.kill(Number(hung?.pid), "SIGSTOP");
  await sleep(1_000);
  await healthy(others, 5_000);
  await sleep(19_000);
  process.kill(Number(hung?.pid), "SIGCONT");
  const seconds = await healthy(members);
  await end("a node paused for 20 s", seconds);
});

test("a client cut off for 30 s hears all that is kept when it is back", async () => {
  /** @type {Awaited<ReturnType<typeof cable>> | undefined} */
  let line;
  const remote = async () => {
    const { url } = (line = await cable(nodes[0]?.url ?? ""));
    return [member("remote", () => url)];
  };
  await begin({ more: remote });
  line?.cut();
  await sleep(30_000);
  line?.mend();
  const seconds = await healthy(members);
  await end("a client cut off for 30 s", seconds);
  await line?.remove();
});

test("a client that does not read is closed, and hears all that is kept when it is back", async () => {
  await begin();
  const [stalled, ...others] = members;
  assert.ok(stalled !== undefined);
  stalled.stream.pause();
  // More than the buffers of the network on the way take.
  for (let round = 0; round < 6; round += 1) await others[0]?.flood(2_000_000);
  await sleep(10_000);
  await healthy(others, 5_000);
  stalled.stream.resume();
  const seconds = await healthy(members);
  assert.ok(stalled.recovered > 0, "it was not closed");
  await end("a client that does not read", seconds);
});
