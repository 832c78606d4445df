// @ts-check
// Runs the conformance suite: against `--url URL`, or against an example server of its own.
//
//     npm run conformance -w sync-tests-wire -- [--url URL] [FILTER...]
//
// A filter is a part of a file's path, such as `rooms` or `fixture/`. What is in suite/ tests the server of the
// URL, which has to have the routes of the example app. What is in fixture/ starts the fixture app itself, and is
// left out when a URL says what to test.
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

const server = values.url === undefined ? await startServer() : undefined;
const url = values.url ?? server?.url;
console.error(`testing ${url}`);
const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=120000", "--test-reporter=spec", ...files], {
  stdio: "inherit",
  env: { ...process.env, WIRE_URL: url },
});
const code = await new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
await server?.stop();
process.exit(code);
