// @ts-check
// What members hear while a node, Redis or a network fails, under a steady load with members on all nodes.
// Prints a table of figures in the end.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cable } from "../../browser/lib/cable.mjs";
import { healthy, table } from "../lib/load.mjs";
import { PASS } from "../lib/member.mjs";
import { MEMBERS, Trial } from "../lib/trial.mjs";

/** Within what time all is well again when Redis is back, in milliseconds, as docs/guarantees.md says. */
const WELL_WITHIN = 5_000;
/** How much longer it may take here, where other trials run on the same machine. */
const BUSY = 3;

/** Faults mostly wait, so several are tried at the same time. */
const AT_ONCE = 4;

/** @type {import("../lib/load.mjs").Figures[]} */
const figures = [];
after(() => console.log(`\n${table(figures)}\n`));

/**
 * @param {string} name
 * @param {import("../lib/trial.mjs").Options} options
 * @param {(trial: Trial) => Promise<import("../lib/load.mjs").Figures>} run
 */
function fault(name, options, run) {
  test(name, async () => {
    const trial = await Trial.begin(options);
    try {
      figures.push(await run(trial));
    } finally {
      await trial.remove();
    }
  });
}

// Those that take longest come first.
describe("under load", { concurrency: AT_ONCE }, () => {
  /** @type {Awaited<ReturnType<typeof cable>> | undefined} */
  let line;
  const remote = async (/** @type {Trial} */ trial) => {
    const { url } = (line = await cable(trial.nodes[0]?.url ?? ""));
    return [trial.member("remote", () => url)];
  };
  fault("a client cut off for 30 s hears all that is kept when it is back", { more: remote }, async (trial) => {
    line?.cut();
    await sleep(30_000);
    line?.mend();
    const seconds = await healthy(trial.members);
    const cut = trial.members.find(({ name }) => name === "remote");
    assert.ok((cut?.recovered ?? 0) > 0, "nothing was recovered");
    const figures = await trial.end("a client cut off for 30 s", seconds);
    await line?.remove();
    return figures;
  });

  fault("a node that hangs for 20 s slows nobody at the other, and its members hear all in the end", {}, async (trial) => {
    const hung = trial.nodes[0];
    const others = trial.members.slice(MEMBERS);
    process.kill(Number(hung?.pid), "SIGSTOP");
    await sleep(1_000);
    await healthy(others, 5_000);
    await sleep(19_000);
    process.kill(Number(hung?.pid), "SIGCONT");
    const seconds = await healthy(trial.members);
    return trial.end("a node paused for 20 s", seconds);
  });

  for (const keeps of [true, false]) {
    fault(
      `Redis away for 10 s, ${keeps ? "back with" : "back without"} its data: all that is kept is heard, or its loss is`,
      { keeps },
      async (trial) => {
        await trial.redis.kill();
        // By then it is known to be away, and nobody waits for it.
        await sleep(4_000);
        const here = trial.members.slice(0, MEMBERS);
        const id = `alone-${keeps}`;
        void here[0]?.ask(PASS, id);
        await sleep(2_000);
        for (const member of here) assert.ok(member.heard.some((one) => one.id === id), `${member.name} does not hear it`);
        await sleep(4_000);
        await trial.redis.start();
        const seconds = await healthy(trial.members, WELL_WITHIN * BUSY);
        return trial.end(`Redis away for 10 s, ${keeps ? "with" : "without"} its data`, seconds);
      },
    );
  }

  fault("a client that does not read is closed, and hears all that is kept when it is back", {}, async (trial) => {
    const [stalled, ...others] = trial.members;
    assert.ok(stalled !== undefined);
    stalled.stream.pause();
    // More than the buffers of the network on the way take.
    for (let round = 0; round < 6; round += 1) await others[0]?.flood(2_000_000);
    await sleep(10_000);
    await healthy(others, 5_000);
    stalled.stream.resume();
    const seconds = await healthy(trial.members);
    assert.ok(stalled.recovered > 0, "it was not closed");
    return trial.end("a client that does not read", seconds);
  });

  fault("nodes that are replaced one after another: no request fails, and all that is kept is heard", {}, async (trial) => {
    let seconds = 0;
    for (const _ of trial.nodes) {
      const old = trial.nodes[0];
      // As in a rolling deploy: the new one is there before the old one is asked to go.
      trial.nodes.push(await trial.startNode());
      trial.nodes.shift();
      assert.equal(await old?.stop(), 0);
      seconds = Math.max(seconds, await healthy(trial.members));
    }
    const figures = await trial.end("nodes replaced in turn", seconds);
    const failed = trial.members.flatMap(({ asked }) => asked.filter(({ error }) => error !== undefined));
    assert.deepEqual(failed, [], "a request failed");
    const lost = trial.members.flatMap(({ signals }) => signals.filter(({ kind }) => kind !== "connection"));
    assert.deepEqual(lost, [], "something was lost");
    return figures;
  });

  fault("a node that is killed: its members go on at the other, and nothing is lost unsaid or runs twice", {}, async (trial) => {
    await trial.nodes.shift()?.kill();
    const seconds = await healthy(trial.members);
    trial.nodes.push(await trial.startNode());
    return trial.end("kill -9 a node", seconds);
  });
});
