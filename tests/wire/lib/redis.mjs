// @ts-check
// A Redis of the test's own, on a free port, that it may stop, pause and lose.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long it may take to answer, in milliseconds. */
const READY_WITHIN = 10_000;

/** A port that nobody listens on. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** A `redis-server` process. Its data outlives the process only when it is told to keep it. */
export class Redis {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;
  #folder = mkdtempSync(join(tmpdir(), "sync-redis-"));
  #keeps;

  /** @param {number} port @param {boolean} keeps */
  constructor(port, keeps) {
    this.port = port;
    this.#keeps = keeps;
    this.url = `redis://127.0.0.1:${port}/`;
  }

  /** @param {{ keeps?: boolean }} [options] `keeps` its data when it is started again */
  static async start({ keeps = false } = {}) {
    const redis = new Redis(await freePort(), keeps);
    await redis.start();
    return redis;
  }

  /** Starts it, the first time or again, on the same port. */
  async start() {
    // What is written is kept when the process is killed, also where the disk has yet to have it: what would be
    // measured with `always` is the disk.
    const kept = this.#keeps ? ["--appendonly", "yes", "--appendfsync", "no"] : ["--appendonly", "no"];
    const words = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--dir", this.#folder, ...kept];
    const child = spawn("redis-server", words, { stdio: "ignore" });
    this.#process = child;
    const failed = new Promise((_, reject) => {
      child.once("error", (error) => reject(new Error(`cannot run redis-server: ${error.message}`)));
      child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
    });
    failed.catch(() => {});
    process.once("exit", this.#orphan);
    await Promise.race([this.#answers(), failed]);
  }

  async #answers() {
    const late = Date.now() + READY_WITHIN;
    while (!(await this.#ping())) {
      if (Date.now() > late) throw new Error("redis-server does not answer");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** @returns {Promise<boolean>} */
  #ping() {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write("PING\r\n"));
      const done = (/** @type {boolean} */ answered) => {
        socket.destroy();
        resolve(answered);
      };
      socket.once("data", (data) => done(data.toString().startsWith("+PONG")));
      socket.once("error", () => done(false));
    });
  }

  #orphan = () => this.#process?.kill("SIGKILL");

  /** Ends the process as a crash would. */
  async kill() {
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.off("exit", this.#orphan);
    child.kill("SIGKILL");
    await gone;
    this.#process = undefined;
  }

  /** Ends it for good. */
  async remove() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
