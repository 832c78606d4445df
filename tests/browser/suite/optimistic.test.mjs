// @ts-check
// What a page shows of its own changes before the server has had its say, and after.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { cable } from "../lib/cable.mjs";
import { Person, launch } from "../lib/people.mjs";
import { tap } from "../lib/tap.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof cable>>} */
let network;
/** @type {Awaited<ReturnType<typeof tap>>} */
let line;
/** At a tapped line. @type {Person} */
let ada;
/** On a network that can be cut. @type {Person} */
let ben;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  network = await cable(server.url);
  ada = await Person.atTheBoard(browser, server.url, "ada", async (page) => {
    line = await tap(page);
  });
  ben = await Person.atTheBoard(browser, network.url, "ben");
});
afterEach(async () => {
  await Promise.all([ada.leave(), ben.leave()]);
  await network.remove();
});

/** @param {Person} person */
const reconnecting = (person) =>
  person.page.locator('[data-testid="connection"][data-status="reconnecting"]').waitFor({ state: "attached" });

test("a change is seen before it is answered, with what others do meanwhile beneath it", async () => {
  const mine = await ada.createCard("Moved before the answer");
  const other = await ada.createCard("Moved by Ben meanwhile");
  await ben.sees(other, "ideas");

  line.hold();
  await ada.drag(mine, "doing");
  await ada.sees(mine, "doing", 1000);
  await ben.sees(mine, "doing");
  await ben.drag(mine, "review");
  await ben.drag(other, "done");
  await ben.sees(other, "done");
  await ada.sees(mine, "doing");
  await ada.sees(other, "ideas");

  line.release();
  await ada.sees(other, "done");
  await ada.sees(mine, "review");
  assert.equal(await ada.get("toast").count(), 0);
});

test("a move that the server refuses is taken back, and said", async () => {
  const card = await ada.createCard("Not to be moved");
  line.tamper((packet) => packet.replace('"toLane":"doing"', '"toLane":"nowhere"'));
  line.hold();
  await ada.drag(card, "doing");
  await ada.sees(card, "doing", 1000);
  line.release();
  await ada.sees(card, "ideas");
  await ada.get("toast").filter({ hasText: "This lane is gone." }).waitFor();
});

test("a new card that the server refuses goes, and what was written comes back", async () => {
  line.tamper((packet) => packet.replace('"laneId":"ideas"', '"laneId":"nowhere"'));
  line.hold();
  await ada.get("new-card-open").first().click();
  await ada.get("new-card-title").fill("Nowhere to go");
  await ada.get("new-card-notes").fill("Written with care");
  await ada.get("new-card-submit").click();
  await ada.lane("ideas").getByText("Nowhere to go").waitFor();
  line.release();
  await ada.get("toast").waitFor();
  assert.equal(await ada.lane("ideas").getByText("Nowhere to go", { exact: true }).count(), 0);
  assert.equal(await ada.get("new-card-title").inputValue(), "Nowhere to go");
  assert.equal(await ada.get("new-card-notes").inputValue(), "Written with care");
});

test("a card that is deleted goes at once, and comes back when the server refuses", async () => {
  const card = await ada.createCard("Not to be deleted");
  line.tamper((packet) =>
    packet.includes("board/deleteCard") ? packet.replace(`"cardId":"${card}"`, '"cardId":"nothing"') : packet,
  );
  await ada.card(card).click();
  await ada.get("private-notes").and(ada.page.locator(":enabled")).waitFor();
  line.hold();
  await ada.get("card-dialog-delete").click();
  await ada.get("card-dialog-delete").click();
  await ada.card(card).waitFor({ state: "detached" });
  await ada.get("card-dialog").waitFor({ state: "detached" });
  line.release();
  await ada.sees(card, "ideas");
  assert.equal(await ada.get("card-dialog").count(), 0);
  await ada.get("toast").waitFor();
});

test("moves made without a network are shown, and made when it is back", async () => {
  const card = await ada.createCard("Moved in a tunnel");
  await ben.sees(card, "ideas");
  network.cut();
  await reconnecting(ben);
  await ben.drag(card, "doing");
  await ben.drag(card, "done");
  await ben.sees(card, "done", 1000);
  await ada.sees(card, "ideas");
  network.mend();
  await ada.sees(card, "done");
  await ben.joined();
  await ben.sees(card, "done");
});

test("a move made without a network is taken back when it can no longer be made", async () => {
  const card = await ada.createCard("Deleted meanwhile");
  await ben.sees(card, "ideas");
  network.cut();
  await reconnecting(ben);
  await ben.drag(card, "doing");
  await ben.sees(card, "doing", 1000);
  await ada.card(card).click();
  await ada.get("card-dialog-delete").click();
  await ada.get("card-dialog-delete").click();
  await ada.card(card).waitFor({ state: "detached" });
  network.mend();
  await ben.get("toast").filter({ hasText: "This card is gone" }).waitFor();
  await ben.card(card).waitFor({ state: "detached" });
});

test("a tab that sleeps hears everything when it wakes, and also when its connection broke meanwhile", async () => {
  const card = await ada.createCard("Moved while Ben's tab sleeps");
  await ben.sees(card, "ideas");
  const devtools = await ben.page.context().newCDPSession(ben.page);
  const sleep = () => devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  const wake = () => devtools.send("Page.setWebLifecycleState", { state: "active" });

  await sleep();
  await ada.drag(card, "doing");
  await wake();
  await ben.sees(card, "doing");

  await sleep();
  network.cut();
  await ada.drag(card, "done");
  network.mend();
  await wake();
  await ben.sees(card, "done");
  await ben.drag(card, "ideas");
  await ada.sees(card, "ideas");
});
