// @ts-check
// `cargo xtask demo` as somebody else's script runs it: waits for its one line, uses it, stops it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * It ends with the test, also with one that fails.
 * @param {import("node:test").TestContext} t
 * @param {string[]} words
 */
function demo(t, ...words) {
  const child = spawn("cargo", ["xtask", "demo", ...words], {
    cwd: repository,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGTERM"));
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += text));
  /** @type {string[]} */
  const stdout = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => stdout.push(line));
  return {
    child,
    stdout,
    stderr: () => stderr,
    /** @type {Promise<void>} */
    line: new Promise((resolve) => lines.once("line", () => resolve())),
    /** @type {Promise<number | null>} */
    exit: new Promise((resolve) => child.once("exit", resolve)),
  };
}

for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT"])) {
  test(`demo says when it is ready and stops cleanly on ${signal}`, { timeout: 600_000 }, async (t) => {
    const data = mkdtempSync(join(tmpdir(), "sync-demo-"));
    const { child, stdout, stderr, line, exit } = demo(t, "--port", "0", "--data", data);
    await Promise.race([line, exit]);
    assert.equal(stdout.length, 1, stderr());
    const url = /^ready (http:\/\/127\.0\.0\.1:\d+)$/.exec(stdout[0] ?? "")?.[1];
    assert.ok(url, stdout[0]);
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<script/);

    child.kill(signal);
    assert.equal(await exit, 0, stderr());
    assert.equal(stdout.length, 1);
    await assert.rejects(fetch(url), "the server outlived the demo");
    rmSync(data, { recursive: true, force: true });
  });
}

test("demo --nodes 2 is one server: who logs in at one node is logged in at the other", { timeout: 600_000 }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), "sync-demo-"));
  const { child, stdout, stderr, line, exit } = demo(t, "--port", "0", "--data", data, "--nodes", "2");
  await Promise.race([line, exit]);
  const url = /^ready (http:\S+)$/.exec(stdout[0] ?? "")?.[1];
  assert.ok(url, stderr());
  assert.match(await (await fetch(url)).text(), /<script/);

  const nodes = [...stderr().matchAll(/^node \d: (http:\S+)$/gm)].map(([, node]) => node);
  const [one, other] = nodes;
  assert.ok(nodes.length === 2 && one && other, stderr());
  const response = await fetch(new URL("/auth/register", one), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "ada", password: "correct horse battery staple" }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
  assert.ok(response.ok && cookie, `${response.status}`);
  for (const node of [one, other, url]) {
    const session = await (await fetch(new URL("/auth/session", node), { headers: { cookie } })).json();
    assert.equal(/** @type {any} */ (session).user?.name, "ada");
  }

  child.kill("SIGTERM");
  assert.equal(await exit, 0, stderr());
  for (const node of [one, other, url]) await assert.rejects(fetch(node), `${node} outlived the demo`);
  rmSync(data, { recursive: true, force: true });
});

test("demo says that a port is taken before it builds anything", async (t) => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = taken.address();
  assert.ok(address !== null && typeof address === "object");
  const { stderr, stdout, exit } = demo(t, "--port", String(address.port));
  assert.equal(await exit, 1);
  assert.match(stderr(), new RegExp(`127\\.0\\.0\\.1:${address.port}.*--port`));
  assert.deepEqual(stdout, []);
  taken.close();
});
