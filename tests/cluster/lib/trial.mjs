// @ts-check
// One fault on its own Redis and nodes, under load: several trials can run at the same time.
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "../../wire/lib/redis.mjs";
import { startFixtureServer } from "../../wire/lib/server.mjs";
import { Load, judge } from "./load.mjs";
import { Member } from "./member.mjs";

/** How many members begin on each node. */
export const MEMBERS = 3;
/** How long the load runs before and after a fault, in milliseconds. */
const CALM = 2_000;

/** @typedef {Awaited<ReturnType<typeof startFixtureServer>>} Node */
/** @typedef {{ keeps?: boolean, more?: (trial: Trial) => Promise<Member[]> }} Options `more` members than those on each node */

let rooms = 0;

export class Trial {
  /** @type {Node[]} */
  nodes = [];
  /** @type {Member[]} */
  members = [];
  /** @type {Load | undefined} */
  #load;
  #room = `noted-${(rooms += 1)}`;

  /** @param {Redis} redis */
  constructor(redis) {
    this.redis = redis;
  }

  /** Two nodes with members on both, who have asked for a while. @param {Options} [options] */
  static async begin({ keeps = false, more = async () => [] } = {}) {
    const trial = new Trial(await Redis.start({ keeps }));
    await trial.#begin(more).catch(async (error) => {
      await trial.remove();
      throw error;
    });
    return trial;
  }

  /** @param {NonNullable<Options["more"]>} more */
  async #begin(more) {
    this.nodes = await Promise.all([this.startNode(), this.startNode()]);
    this.members = this.nodes.flatMap((_, node) =>
      Array.from({ length: MEMBERS }, (_, number) => this.member(`member-${node}-${number}`, this.#nodesFrom(node))),
    );
    this.members.push(...(await more(this)));
    await Promise.all(this.members.map((member) => member.begin()));
    this.#load = new Load(this.members);
    this.#load.begin();
    await sleep(CALM);
  }

  startNode() {
    return startFixtureServer({ args: ["--redis", this.redis.url], settings: { SYNC_STALL_TIMEOUT: "2s" } });
  }

  /** @param {string} name @param {() => string} node */
  member(name, node) {
    return new Member(name, this.#room, node);
  }

  /** The nodes in turn, from one of them. @param {number} first */
  #nodesFrom(first) {
    let next = first;
    return () => {
      const node = this.nodes[next % this.nodes.length];
      next += 1;
      return node?.url ?? "http://127.0.0.1:1";
    };
  }

  /**
   * Ends the load and gives what it came to.
   *
   * @param {string} fault
   * @param {number} seconds that it took to recover
   */
  async end(fault, seconds) {
    await sleep(CALM);
    await this.#load?.end();
    return judge(fault, this.members, seconds);
  }

  async remove() {
    this.#load?.stop();
    for (const member of this.members) member.end();
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.redis.remove();
  }
}
