// @ts-check
// The page as its developer has it: StrictMode, which mounts everything twice, and hot reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { startDevServer } from "../lib/dev-server.mjs";
import { Person, launch } from "../lib/people.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {Awaited<ReturnType<typeof startDevServer>>} */
let dev;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Person} */
let ada;
/** @type {Person} */
let ben;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  dev = await startDevServer(server.url);
  ada = await Person.atTheBoard(browser, dev.url, "ada");
  ben = await Person.atTheBoard(browser, server.url, "ben");
});
after(async () => {
  await browser?.close();
  await dev?.stop();
  await server?.stop();
});

/** How often Ada's page has sent this about the board's room. @param {string} event */
const sentByAda = (event) => ada.sent.filter((frame) => frame.startsWith(`42["${event}",{"group":"board:demo"`)).length;

test("under StrictMode the page has one connection, joins once, and asks once", async () => {
  const card = await ada.createCard("Made under StrictMode");
  await ben.sees(card, "ideas");
  await ada.drag(card, "doing");
  await ben.sees(card, "doing");
  assert.equal(ada.sent.filter((frame) => frame.startsWith("40")).length, 1, "connections");
  assert.equal(sentByAda("joinRoom"), 1);
  assert.equal(ada.sent.filter((frame) => frame.includes("sync/board/moveCard")).length, 1);
  assert.deepEqual(ada.complaints, []);
});

test("a hot reload of a component and of a hook keeps the connection and the room, and hears once", async () => {
  const { page } = ada;
  await page.evaluate(() => Object.assign(window, { stillHere: true }));
  const before = ada.sent.filter((frame) => frame.startsWith("40")).length;

  dev.edit("board/Lane.tsx", "Nothing here yet", "Nothing here so far");
  dev.edit("board/useBoardEvents.ts", 'hear({ type: "renamed", title: serverOutput.title });', 'hear({ type: "renamed", title: `${serverOutput.title}!` });');
  // The edited hook is there once a title has its mark.
  const title = page.getByTestId("board-title");
  for (let round = 0; !(await title.textContent())?.endsWith("!"); round += 1) {
    await ben.get("board-title").click();
    await ben.get("board-title-input").fill(`Round ${round}`);
    await ben.get("board-title-input").press("Enter");
    await title.filter({ hasText: `Round ${round}` }).waitFor();
  }
  assert.match((await title.textContent()) ?? "", /^Round \d+!$/);

  const card = await ben.createCard("Made after the reload");
  await ada.sees(card, "ideas");
  assert.equal(await ada.card(card).count(), 1);
  assert.equal(await page.evaluate(() => "stillHere" in window), true, "the page was not loaded anew");
  assert.equal(ada.sent.filter((frame) => frame.startsWith("40")).length, before);
  assert.equal(sentByAda("joinRoom"), 1);
  assert.equal(sentByAda("leaveRoom"), 0);
  assert.deepEqual(ada.complaints, []);
});

test("the developer panel is there, and shows what the page asks", async () => {
  await ada.page.getByRole("button", { name: /sync/ }).click();
  await ada.page.getByRole("searchbox", { name: /Filter/ }).fill("createCard");
  await ada.page.locator("sync-panel [data-kind=request]").first().click();
  await ada.page.getByLabel("Data").filter({ hasText: "Made under StrictMode" }).waitFor();
  assert.deepEqual(ada.complaints, []);
});
