// @ts-check
// Several processes of one app, joined by a Redis of their own, that look like one server.
import { Redis } from "./redis.mjs";

/** How many processes every server of the tests is; `conformance.mjs --nodes N` sets it. */
export const NODES = Number(process.env.WIRE_NODES ?? 1);

/**
 * @typedef {Awaited<ReturnType<typeof import("./server.mjs").startServer>>} Node
 * @typedef {{ urls: string[], pids: number[], alive: () => boolean, stop: () => Promise<number> }} Nodes
 */

/**
 * Starts a server as so many processes: one alone, several with a Redis.
 *
 * @param {(redis?: string) => Promise<Node>} start
 * @param {number} [count]
 * @returns {Promise<Nodes>}
 */
export async function startNodes(start, count = NODES) {
  if (count === 1) return together([await start()], async () => {});
  const redis = await Redis.start();
  const nodes = [];
  for (let number = 0; number < count; number += 1) nodes.push(await start(redis.url));
  return together(nodes, () => redis.remove());
}

/** @param {Node[]} nodes @param {() => Promise<void>} end @returns {Nodes} */
function together(nodes, end) {
  return {
    urls: nodes.map(({ url }) => url),
    pids: nodes.map(({ pid }) => pid),
    /** Whether all run. */
    alive: () => nodes.every((node) => node.alive()),
    /** Stops all, and gives the first exit code that is not 0. */
    async stop() {
      const codes = await Promise.all(nodes.map((node) => node.stop()));
      await end();
      return Number(codes.find((code) => code !== 0) ?? 0);
    },
  };
}

/**
 * Gives the items one after another, and then from the beginning.
 *
 * @template T
 * @param {T[]} items
 */
export function inTurn(items) {
  let next = 0;
  return () => {
    const item = items[next % items.length];
    next += 1;
    if (item === undefined) throw new Error("there is nothing to take turns");
    return item;
  };
}
