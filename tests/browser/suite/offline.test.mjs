// @ts-check
// What one does without a connection, and a reload before there is one again.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { PASSWORD, Person, launch } from "../lib/people.mjs";
import { cable } from "../lib/cable.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Person} */
let ada;
/** His websocket can be cut off while his page can be loaded. @type {Person} */
let ben;
/** @type {Awaited<ReturnType<typeof cable>>} */
let network;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  network = await cable(server.url);
  ada = await Person.atTheBoard(browser, server.url, "ada");
  ben = await Person.atTheBoard(browser, network.url, "ben", async (page) => {
    // It would go with the pages.
    await page.route(/transport=polling/, (route) => route.abort());
  });
});
afterEach(async () => {
  await Promise.all([ada.leave(), ben.leave()]);
  await network.remove();
});

async function cutOff() {
  network.cutSockets();
  await ben.page.locator('[data-testid="connection"][data-status="reconnecting"]').waitFor({ state: "attached" });
}

/** Waits until so many requests are kept in Ben's browser. @param {number} count */
async function kept(count) {
  await ben.page.waitForFunction(
    (count) =>
      new Promise((resolve) => {
        const opening = indexedDB.open("sync-client");
        opening.onerror = () => resolve(false);
        opening.onsuccess = () => {
          const asking = opening.result.transaction("requests").objectStore("requests").count();
          asking.onsuccess = () => {
            opening.result.close();
            resolve(asking.result === count);
          };
        };
      }),
    count,
    { polling: 100 },
  );
}

/** How often Ada's page has heard that a card was moved. @param {string} card */
const movesHeard = (card) =>
  ada.frames.filter((frame) => /^42\["sync",.*board\/moveCard/.test(frame) && frame.includes(card)).length;

test("moves made without a connection are made once after a reload, in their order", async () => {
  const first = await ada.createCard("Moved before the reload");
  const second = await ada.createCard("Moved as well");
  await ben.sees(second, "ideas");
  await cutOff();
  await ben.drag(first, "doing");
  await ben.drag(second, "doing");
  await ben.drag(first, "done");
  await ben.sees(first, "done");
  await kept(3);

  await ben.page.reload();
  await ben.sees(first, "ideas");
  await ada.sees(first, "ideas");
  network.mend();
  await ada.sees(first, "done");
  await ada.sees(second, "doing");
  await ben.joined();
  await ben.sees(first, "done");
  await ben.sees(second, "doing");
  await kept(0);
  assert.deepEqual([movesHeard(first), movesHeard(second)], [2, 1]);
});

test("a move that was made, but whose answer never came, is not made again after a reload", async () => {
  const card = await ada.createCard("Moved in the last moment");
  await ben.sees(card, "ideas");
  network.deafen();
  await ben.drag(card, "doing");
  await ada.sees(card, "doing");
  await cutOff();
  await kept(1);
  await ada.drag(card, "review");
  await ada.sees(card, "review");

  await ben.page.reload();
  network.mend();
  await ben.joined();
  await kept(0);
  await ben.sees(card, "review");
  await ada.sees(card, "review");
  assert.equal(movesHeard(card), 2);
});

test("what one user left behind is not sent for the next", async () => {
  const card = await ada.createCard("Not for the next to move");
  await ben.sees(card, "ideas");
  await cutOff();
  await ben.drag(card, "doing");
  await kept(1);

  const { request } = ben.page.context();
  await request.post(`${network.url}/auth/logout`, { data: {} });
  const next = await request.post(`${network.url}/auth/register`, { data: { name: `${ben.name}-2`, password: PASSWORD } });
  assert.ok(next.ok(), await next.text());
  await ben.page.reload();
  await kept(0);
  network.mend();
  await ben.joined();
  const fence = await ben.createCard("After the login");
  await ada.sees(fence, "ideas");
  await ada.sees(card, "ideas");
  assert.equal(movesHeard(card), 0);
});

test("what waits in one tab is not done by somebody who has logged in in another", async () => {
  const card = await ada.createCard("Nor for whom is in the next tab");
  await ben.sees(card, "ideas");
  await cutOff();
  await ben.drag(card, "doing");
  await ben.sees(card, "doing");

  const { request } = ben.page.context();
  const next = await request.post(`${network.url}/auth/register`, { data: { name: `${ben.name}-2`, password: PASSWORD } });
  assert.ok(next.ok(), await next.text());
  network.mend();
  await ben.get("toast").waitFor();
  await ben.sees(card, "ideas");
  await ada.sees(card, "ideas");
  assert.equal(movesHeard(card), 0);
});
