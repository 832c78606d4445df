// @ts-check
// An example server of the test's own: on a free port, with an empty board of its own.
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
 * @param {{ port?: number, data?: string, quiet?: boolean }} [options] `data` keeps the board between servers.
 */
export async function startServer({ port = 0, data, quiet = false } = {}) {
  const program = process.env.EXAMPLE_APP ?? join(repository, "target/debug/example-app");
  const folder = data ?? mkdtempSync(join(tmpdir(), "sync-wire-"));
  const child = spawn(program, ["--port", String(port), "--data", folder], {
    cwd: repository,
    stdio: ["ignore", "pipe", quiet ? "ignore" : "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const forget = () => {
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
  };

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
      reject(new Error(`${program} ended with ${code} before it was ready`));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = /^ready (http:\S+)$/.exec(line);
      if (ready?.[1] !== undefined) {
        clearTimeout(late);
        resolve(ready[1]);
      }
    });
  });

  return {
    url,
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
