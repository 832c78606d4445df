// @ts-check
// Servers of the test's own, on free ports: the example app with an empty board, or the fixture app.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
/** How long a server may take to open its database and listen, in milliseconds. */
const READY_WITHIN = 20_000;
/** How long it may take to stop when asked, in milliseconds. */
const STOPPED_WITHIN = 10_000;

/**
 * Starts the server that `EXAMPLE_APP` names, or the one `cargo build` left in `target/debug`.
 *
 * @param {{ port?: number, data?: string, quiet?: boolean, redis?: string | undefined, settings?: Record<string, string> }} [options]
 *   `data` keeps the board between servers; `redis` joins several; `settings` are sync-runtime's, as environment variables.
 */
export async function startServer({ port = 0, data, quiet = false, redis, settings = {} } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), "sync-wire-"));
  return run({
    program: program("EXAMPLE_APP", "example-app"),
    args: ["--port", String(port), "--data", folder, ...(redis === undefined ? [] : ["--redis", redis])],
    settings,
    quiet,
    forget: () => {
      if (data === undefined) rmSync(folder, { recursive: true, force: true });
    },
  });
}

/**
 * Starts the server of `tests/fixtures/wire-app`, which `WIRE_APP` names or `cargo build` left in `target/debug`.
 *
 * @param {{ args?: string[], settings?: Record<string, string> }} [options] `settings` are sync-runtime's, as
 *   environment variables
 */
export function startFixtureServer({ args = [], settings = {} } = {}) {
  // What it logs is of handlers that are meant to fail.
  return run({ program: program("WIRE_APP", "wire-app"), args, settings, quiet: true });
}

/**
 * @param {string} variable that names the program
 * @param {string} name of the program where cargo leaves it
 */
function program(variable, name) {
  return process.env[variable] ?? join(repository, "target/debug", name);
}

/**
 * Runs a server until it says that it is ready, on the first line that it prints.
 *
 * @param {{ program: string, args: string[], settings?: Record<string, string>, quiet: boolean, forget?: () => void }} what
 *   `forget` is called when it is gone
 */
async function run({ program, args, settings = {}, quiet, forget = () => {} }) {
  const child = spawn(program, args, {
    cwd: repository,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", quiet ? "pipe" : "inherit"],
  });
  // Kept quiet as long as it starts; when it does not, it has said why.
  let said = "";
  child.stderr?.on("data", (chunk) => (said = (said + chunk).slice(-4096)));
  const exited = new Promise((resolve) => child.once("exit", resolve));

  let alive = true;
  exited.then(() => (alive = false));
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);

  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} printed no \`ready\` line in ${READY_WITHIN} ms`));
    }, READY_WITHIN);
    child.once("error", (error) => {
      clearTimeout(late);
      reject(new Error(`cannot run ${program}: ${error.message}; build it with \`cargo build --workspace\``));
    });
    exited.then((code) => {
      clearTimeout(late);
      reject(new Error(`${program} ended with ${code} before it was ready: ${said}`));
    });
    createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) }).on("line", (line) => {
      const ready = /^ready (http:\S+)$/.exec(line);
      if (ready?.[1] !== undefined) {
        clearTimeout(late);
        resolve(ready[1]);
      }
    });
  });

  return {
    url,
    pid: Number(child.pid),
    /** The last it has said, where it is quiet. */
    said: () => said,
    /** Whether the process runs. */
    alive: () => alive,
    /** Asks the server to stop, waits for it, and answers its exit code. */
    async stop() {
      process.off("exit", orphan);
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), STOPPED_WITHIN);
      const code = await exited;
      clearTimeout(late);
      forget();
      return code;
    },
    /** Ends the server as a crash would. */
    async kill() {
      process.off("exit", orphan);
      child.kill("SIGKILL");
      await exited;
      forget();
    },
  };
}
