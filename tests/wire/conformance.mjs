// @ts-check
// Runs the conformance suite: against `--url URL`, or against an example server of its own, which with `--nodes N`
// is so many processes on a Redis. Connections and requests go to them in turn.
//
//     npm run conformance -w sync-tests-wire -- [--url URL | --nodes N] [FILTER...]
//
// A filter is a part of a file's path, such as `rooms` or `fixture/`. What is in suite/ tests the server of the
// URL, which has to have the routes of the example app. What is in fixture/ starts the fixture app itself, and is
// left out when a URL says what to test.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startNodes } from "./lib/nodes.mjs";
import { startServer } from "./lib/server.mjs";

const { values, positionals } = parseArgs({
  options: { url: { type: "string" }, nodes: { type: "string", default: "1" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true,
});
if (values.help) {
  console.log("usage: npm run conformance -w sync-tests-wire -- [--url URL | --nodes N] [FILTER...]");
  process.exit(0);
}
const nodes = Number(values.nodes);
if (!Number.isInteger(nodes) || nodes < 1) {
  console.error(`--nodes takes a whole number from 1, not ${values.nodes}`);
  process.exit(2);
}

const here = fileURLToPath(new URL(".", import.meta.url));
const chosen = ["suite/", "fixture/"]
  .flatMap((folder) => readdirSync(here + folder).map((name) => folder + name))
  .filter((path) => path.endsWith(".test.mjs"))
  .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)));
if (chosen.length === 0) {
  console.error(`no test in ${here} is called like ${positionals.join(" or ")}`);
  process.exit(2);
}
const tested = values.url === undefined ? chosen : chosen.filter((path) => path.startsWith("suite/"));
for (const path of chosen) {
  if (!tested.includes(path)) console.error(`left out: ${path} tests the fixture app, not ${values.url}`);
}
const files = tested.map((path) => here + path);
// Without a file, node would look for tests by itself.
if (files.length === 0) process.exit(0);

// All nodes have the same board.
const data = mkdtempSync(join(tmpdir(), "sync-wire-"));
const server = values.url === undefined ? await startNodes((redis) => startServer({ data, redis }), nodes) : undefined;
const url = values.url ?? server?.urls.join(" ");
console.error(`testing ${url}`);
// What is in suite/ shares the server of the URL, and runs file by file; what is in fixture/ has servers of its own, so
// both go on at the same time. What the second says comes when the first is done.
const groups = ["suite/", "fixture/"].map((folder) => files.filter((path) => path.startsWith(here + folder)));
const runs = groups.filter((group) => group.length > 0).map((group, nth) => run(group, nth > 0));
const codes = [];
for (const { ended, said } of runs) {
  codes.push(await ended);
  process.stdout.write(said());
}
const code = codes.find((code) => code !== 0) ?? 0;
await server?.stop();
rmSync(data, { recursive: true, force: true });
process.exit(code);

/**
 * Runs test files one after another.
 *
 * @param {string[]} files
 * @param {boolean} isQuiet whether what they say is kept until the end
 */
function run(files, isQuiet) {
  const words = ["--test", "--test-concurrency=1", "--test-timeout=120000", "--test-reporter=spec", ...files];
  const tests = spawn(process.execPath, words, {
    stdio: ["inherit", isQuiet ? "pipe" : "inherit", "inherit"],
    env: { ...process.env, WIRE_URL: url, WIRE_NODES: String(nodes) },
  });
  /** @type {Buffer[]} */
  const said = [];
  tests.stdout?.on("data", (chunk) => said.push(chunk));
  return {
    /** @type {Promise<number>} */
    ended: new Promise((resolve) => tests.once("close", (code) => resolve(code ?? 1))),
    said: () => Buffer.concat(said).toString(),
  };
}
