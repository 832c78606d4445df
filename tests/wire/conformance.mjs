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
const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=120000", "--test-reporter=spec", ...files], {
  stdio: "inherit",
  env: { ...process.env, WIRE_URL: url, WIRE_NODES: String(nodes) },
});
const code = await new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
await server?.stop();
rmSync(data, { recursive: true, force: true });
process.exit(code);
