// @ts-check
// What breaks in between: the network, and the server.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { PASSWORD, Person, launch } from "../lib/people.mjs";
import { cable } from "../lib/cable.mjs";

const data = mkdtempSync(join(tmpdir(), "sync-browser-"));
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof cable>>} */
let network;
/** @type {Person} */
let ada;
/** @type {Person} */
let ben;

before(async () => {
  [server, browser] = await Promise.all([startServer({ data }), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(data, { recursive: true, force: true });
});
beforeEach(async () => {
  network = await cable(server.url);
  ada = await Person.atTheBoard(browser, server.url, "ada");
  ben = await Person.atTheBoard(browser, network.url, "ben");
});
afterEach(async () => {
  await Promise.all([ada.leave(), ben.leave()]);
  await network.remove();
});

test("a page whose network comes back is up to date, hears, and is heard", async () => {
  const card = await ada.createCard("Moved while Ben is away");
  const other = await ada.createCard("Moved when Ben is back");
  await ben.sees(other, "ideas");

  network.cut();
  await ben.page.locator('[data-testid="connection"][data-status="reconnecting"]').waitFor({ state: "attached" });
  await ada.drag(card, "doing");
  await ada.sees(card, "doing");
  network.mend();

  await ben.joined();
  await ben.sees(card, "doing");
  assert.ok(
    ben.frames.some((frame) => /^42\["resume-\d+",.*"board:demo":\{"recovered":true,"count":1\}/.test(frame)),
    "the move was missed, and came with the recovery",
  );
  await ada.drag(other, "review");
  await ben.sees(other, "review", 1000);
  await ben.drag(other, "done");
  await ada.sees(other, "done", 1000);
});

test("when the server restarts, pages come back and go on", async () => {
  const card = await ada.createCard("From before the restart");
  await ben.sees(card, "ideas");

  const port = Number(new URL(server.url).port);
  assert.equal(await server.stop(), 0);
  for (const person of [ada, ben]) {
    await person.page
      .locator('[data-testid="connection"]:not([data-status="joined"])')
      .waitFor({ state: "attached" });
  }
  server = await startServer({ data, port });

  // Sessions live in the server's memory, the board in its database: pages notice, and people log in
  // again. They need not reload.
  for (const person of [ada, ben]) {
    const form = person.get("sign-in-form");
    const joined = person.page.locator('[data-testid="connection"][data-status="joined"]');
    await form.or(joined).first().waitFor({ state: "attached" });
    if (await form.isVisible()) {
      await person.get("sign-in-name").fill(person.name);
      await person.get("sign-in-password").fill(PASSWORD);
      await person.get("sign-in-submit").click();
    }
    await person.joined();
    await person.sees(card, "ideas");
  }
  await ada.drag(card, "done");
  await ben.sees(card, "done", 1000);
});

test("a page whose session is ended elsewhere asks for a login, and goes on after it", async () => {
  const logout = await ada.page.context().request.post(`${server.url}/auth/logout`, { data: {} });
  assert.ok(logout.ok(), await logout.text());
  await ada.get("sign-in-form").waitFor();
  await ada.get("sign-in-name").fill(ada.name);
  await ada.get("sign-in-password").fill(PASSWORD);
  await ada.get("sign-in-submit").click();
  await ada.joined();
  const card = await ben.createCard("After the new login");
  await ada.sees(card, "ideas");
});
