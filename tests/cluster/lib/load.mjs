// @ts-check
// A steady load on a room, and whether all of it came to all as the guarantees say.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { KEEP, PASS } from "./member.mjs";

/** How often each member asks, in milliseconds. */
const EVERY = 100;
/** How long what is on its way may take to come, in milliseconds. */
const SETTLED_WITHIN = 20_000;
/** How long the deliveries of one attempt may take when all is healthy, in milliseconds. */
const ATTEMPT = 2_000;
/** How long to wait before another attempt, in milliseconds. */
const TRY_AGAIN = 200;
/** How much what is asked for at about the same time may overtake each other on its way to a member, in milliseconds. */
const ABOUT = 5_000;

/** How long before `sync-gap` something of another node may have been missed: as long as Redis is away, in milliseconds. */
const GAP = 15_000;

/** @typedef {import("./member.mjs").Member} Member */

/** Every member asks at a steady pace, in turn for a note that is kept and for one that is not. */
export class Load {
  #isOver = false;
  /** @type {Promise<void>[]} */
  #asking = [];

  /** @param {Member[]} members */
  constructor(members) {
    this.members = members;
  }

  begin() {
    this.#asking = this.members.map((member) => this.#ask(member));
  }

  /** @param {Member} member */
  async #ask(member) {
    /** @type {Promise<void>[]} */
    const open = [];
    for (let number = 0; !this.#isOver; number += 1) {
      open.push(member.ask(number % 2 === 0 ? KEEP : PASS, `${member.name}-${number}`));
      await sleep(EVERY);
    }
    await Promise.all(open);
  }

  /** Asks for nothing more. */
  stop() {
    this.#isOver = true;
  }

  /** Ends it, and waits until all is answered and has come to where it is to come. */
  async end() {
    this.stop();
    const isSettled = await Promise.race([
      Promise.all(this.#asking).then(() => true),
      sleep(SETTLED_WITHIN, false, { ref: false }),
    ]);
    assert.ok(isSettled, "not all requests are answered");
    await healthy(this.members);
  }
}

let probes = 0;

/**
 * Waits until what any member asks for comes to all, and gives how long that took in seconds.
 *
 * @param {Member[]} members
 * @param {number} [within] milliseconds
 */
export async function healthy(members, within = SETTLED_WITHIN) {
  const begun = Date.now();
  while (Date.now() - begun < within) {
    if (members.every(({ isReady }) => isReady) && (await comesToAll(members))) return (Date.now() - begun) / 1000;
    await sleep(TRY_AGAIN);
  }
  return assert.fail(`not healthy after ${within} ms`);
}

/** @param {Member[]} members */
async function comesToAll(members) {
  probes += 1;
  const ids = members.flatMap(({ name }) => [`probe-${probes}-${name}-kept`, `probe-${probes}-${name}-passed`]);
  /** @type {import("./member.mjs").Asked[]} */
  const asked = [];
  for (const member of members) {
    void member.ask(KEEP, `probe-${probes}-${member.name}-kept`);
    void member.ask(PASS, `probe-${probes}-${member.name}-passed`);
    asked.push(...member.asked.slice(-2));
  }
  const late = Date.now() + ATTEMPT;
  while (Date.now() < late && asked.every(({ error }) => error === undefined)) {
    const missing = members.some(({ heard }) => {
      const recent = new Set(heard.slice(-20 * ids.length).map(({ id }) => id));
      return ids.some((id) => !recent.has(id));
    });
    if (!missing) return true;
    await sleep(20);
  }
  return false;
}

/**
 * @typedef {{ fault: string, sent: number, delivered: number, recovered: number, refused: number, signalled: number,
 *   missed: number, duplicates: number, seconds: number }} Figures
 */

/**
 * Compares what the members heard with what was asked for. What is not as the guarantees say fails.
 *
 * @param {string} fault
 * @param {Member[]} members
 * @param {number} seconds that it took to recover
 * @returns {Figures}
 */
export function judge(fault, members, seconds) {
  const asked = members.flatMap((member) => member.asked);
  const answered = asked.filter((one) => one.answered !== undefined);
  ranOnce(members);
  const askedAt = new Map(asked.map(({ id, at }) => [id, at]));
  let duplicates = 0;
  let missed = 0;
  for (const member of members) {
    const ids = member.heard.map(({ id }) => id);
    duplicates += ids.length - new Set(ids).size;
    inOrder(member);
    const heard = new Set(ids);
    for (const one of answered.filter(({ id }) => !heard.has(id))) {
      missed += 1;
      assert.ok(wasTold(member, one, askedAt), `${member.name} misses ${one.route} ${one.id} and was not told`);
    }
  }
  assert.equal(duplicates, 0, "something was delivered twice");
  oneOrder(members);
  return {
    fault,
    sent: answered.length,
    delivered: sum(members, ({ heard }) => heard.length),
    recovered: sum(members, ({ recovered }) => recovered),
    refused: asked.length - answered.length,
    signalled: sum(members, ({ signals }) => signals.length),
    missed,
    duplicates,
    seconds,
  };
}

/** @param {Member[]} members @param {(member: Member) => number} count */
function sum(members, count) {
  return members.reduce((sum, member) => sum + count(member), 0);
}

/** No request ran twice: all that heard of it heard of the same run. @param {Member[]} members */
function ranOnce(members) {
  const runs = new Map();
  for (const { id, run } of members.flatMap(({ heard }) => heard)) {
    assert.equal(runs.get(id) ?? run, run, `${id} ran twice`);
    runs.set(id, run);
  }
}

/** What is kept came in the order of its numbers. @param {Member} member */
function inOrder(member) {
  let last = { epoch: "", number: 0 };
  for (const { offset, id } of member.heard) {
    if (offset === undefined) continue;
    const [epoch = "", number = ""] = offset.split(":");
    if (epoch === last.epoch) assert.ok(Number(number) > last.number, `${member.name} heard ${id} out of order`);
    last = { epoch, number: Number(number) };
  }
}

/** One place in the order is one note, for all. @param {Member[]} members */
function oneOrder(members) {
  const places = new Map();
  for (const { offset, id } of members.flatMap(({ heard }) => heard)) {
    if (offset === undefined) continue;
    assert.equal(places.get(offset) ?? id, id, `${offset} is two notes`);
    places.set(offset, id);
  }
}

/**
 * Whether a member was told that it may have missed a note: a kept one only where it was told that it
 * cannot resume, another also where its connection was broken. Then it knows that anything may be missing
 * that came after the last it has heard.
 *
 * @param {Member} member
 * @param {import("./member.mjs").Asked} asked
 * @param {Map<string, number>} askedAt when each note was asked for
 */
function wasTold(member, asked, askedAt) {
  return member.signals.some(({ kind, reason, heard, at, until }) => {
    if (kind === "lost" || (kind === "gap" && reason === "newEpoch")) return until >= asked.at;
    if (asked.route === KEEP) return false;
    const last = member.heard[heard - 1];
    const since = kind === "gap" ? at - GAP : Math.min(at, (last && askedAt.get(last.id)) ?? at) - ABOUT;
    return until >= asked.at && (asked.answered ?? Infinity) >= since;
  });
}

/** @param {Figures[]} figures */
export function table(figures) {
  const columns = /** @type {const} */ ([
    "fault",
    "sent",
    "delivered",
    "recovered",
    "refused",
    "signalled",
    "missed",
    "duplicates",
    "seconds",
  ]);
  const rows = [[...columns], ...figures.map((one) => columns.map((column) => shown(one[column])))];
  const widths = columns.map((_, nth) => Math.max(...rows.map((row) => row[nth]?.length ?? 0)));
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, nth) => (nth === 0 ? cell.padEnd(widths[nth] ?? 0) : cell.padStart(widths[nth] ?? 0))).join("  ");
  return rows.map(line).join("\n");
}

/** @param {string | number} value */
function shown(value) {
  return typeof value === "number" && !Number.isInteger(value) ? value.toFixed(1) : String(value);
}
