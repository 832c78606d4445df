// @ts-check
// Runs the conformance suite: against `--url URL`, or against an example server of its own.
//
//     npm run conformance -w sync-tests-wire -- [--url URL] [FILTER...]
//
// A filter is a part of a file name in suite/, such as `rooms`. The server under test has to have the
// routes of the example app.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServer } from "./lib/server.mjs";

const { values, positionals } = parseArgs({
  options: { url: { type: "string" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true,
});
if (values.help) {
  console.log("usage: npm run conformance -w sync-tests-wire -- [--url URL] [FILTER...]");
  process.exit(0);
}

const suite = fileURLToPath(new URL("suite/", import.meta.url));
const files = readdirSync(suite)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
  .map((name) => suite + name);
if (files.length === 0) {
  console.error(`no file in ${suite} is called like ${positionals.join(" or ")}`);
  process.exit(2);
}

const server = values.url === undefined ? await startServer() : undefined;
const url = values.url ?? server?.url;
console.error(`testing ${url}`);
const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=120000", "--test-reporter=spec", ...files], {
  stdio: "inherit",
  env: { ...process.env, SYNC_URL: url },
});
const code = await new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
await server?.stop();
process.exit(code);
