// @ts-check
// Three people and an assistant, three browsers, one chat.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { Person, launch } from "../lib/people.mjs";
import { cable } from "../lib/cable.mjs";

/** A question with a long answer. */
const LONG = "Write us a plan";

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
/** Her network can be cut. @type {Person} */
let eve;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  // One for each test: what was said in one would be there in the next.
  server = await startServer();
  network = await cable(server.url);
  [ada, ben, eve] = await Promise.all([
    Person.atTheChat(browser, server.url, "ada"),
    Person.atTheChat(browser, server.url, "ben"),
    Person.atTheChat(browser, network.url, "eve"),
  ]);
});
afterEach(async () => {
  await Promise.all([ada, ben, eve].map((person) => person.leave()));
  await network.remove();
  await server.stop();
});

/** Waits until the answer under way has so many characters on each page. @param {Person[]} people @param {number} length */
async function liveOn(people, length) {
  await Promise.all(
    people.map(({ page }) =>
      page.waitForFunction(
        (length) => (document.querySelector('[data-testid="live-text"]')?.textContent ?? "").length >= length,
        length,
      ),
    ),
  );
}

/** The answer as it is kept, once it has ended. @param {Person} person @param {string} ending */
async function ended(person, ending) {
  const answer = person.page.locator(`[data-kind="answer"][data-ending="${ending}"]`).last();
  await answer.waitFor();
  return answer.getByTestId("message-text").textContent();
}

test("three pages see the same answer as it comes, and end with the same text", async () => {
  const people = [ada, ben, eve];
  // What is on a page while the answer comes has to be the beginning of what comes out in the end.
  await Promise.all(people.map(({ page }) => page.evaluate(recordLive)));
  await ada.say(`@assistant ${LONG}`);
  await liveOn(people, 60);
  const texts = await Promise.all(people.map((person) => ended(person, "complete")));
  const [text] = texts;
  assert.ok(text && text.length > 500);
  assert.deepEqual(texts, [text, text, text]);
  for (const person of people) {
    /** @type {string[]} */
    const seen = await person.page.evaluate(() => /** @type {any} */ (globalThis).liveTexts);
    assert.ok(seen.length > 20, `${person.name} saw ${seen.length} states of it`);
    for (const state of seen) assert.ok(text.startsWith(state), `${person.name} saw ${state}`);
    assert.equal(await person.get("live-answer").count(), 0);
  }
  await noComplaints(people);
});

test("one reloads in the middle, sees what was said before, and ends with the same text", async () => {
  await ada.say(`@assistant ${LONG}`);
  await liveOn([ada, ben], 100);
  await ben.page.reload();
  await liveOn([ben], 100);
  const live = await ben.get("live-text").textContent();
  const text = await ended(ada, "complete");
  assert.ok(text?.startsWith(live ?? "?"), live ?? "nothing");
  assert.equal(await ended(ben, "complete"), text);
  await noComplaints([ada, ben]);
});

test("one loses the network in the middle, and ends with the same text", async () => {
  await ada.say(`@assistant ${LONG}`);
  await liveOn([ada, eve], 60);
  network.cut();
  await eve.page.locator('[data-testid="connection"][data-status="reconnecting"]').waitFor({ state: "attached" });
  network.mend();
  await eve.joined();
  assert.equal(await ended(eve, "complete"), await ended(ada, "complete"));
});

test("one presses Stop, and all pages stop within a second, with the same text", async () => {
  const people = [ada, ben, eve];
  await ada.say(`@assistant ${LONG}`);
  await liveOn(people, 60);
  // Only who asked can stop it.
  assert.equal(await ben.get("stop").count(), 0);
  await ada.get("stop").click();
  const pressed = Date.now();
  const texts = await Promise.all(people.map((person) => ended(person, "stopped")));
  assert.ok(Date.now() - pressed < 1000, `it took ${Date.now() - pressed} ms`);
  assert.ok(texts[0]);
  assert.deepEqual(texts, [texts[0], texts[0], texts[0]]);
  for (const person of people) {
    assert.equal(await person.get("live-answer").count(), 0);
    assert.match((await person.get("message-end").textContent()) ?? "", person === ada ? /^You stopped/ : /^ada/);
  }
  assert.equal(await ada.get("stop").count(), 0);

  // The assistant is there for the next question, and nothing of the old answer comes.
  await ben.say("Hello");
  await ben.say("@assistant Where is the poster?");
  const next = await Promise.all(people.map((person) => ended(person, "complete")));
  assert.ok(next[0]?.startsWith(ben.name));
  assert.deepEqual(next, [next[0], next[0], next[0]]);
  await noComplaints(people);
});

test("Escape stops the answer to one's own question", async () => {
  await ada.say(`@assistant ${LONG}`);
  await liveOn([ada, ben], 30);
  await ada.get("chat-text").press("Escape");
  assert.equal(await ended(ben, "stopped"), await ended(ada, "stopped"));
});

test("who asked can stop the answer after a reload too", async () => {
  await ada.say(`@assistant ${LONG}`);
  await liveOn([ada, ben], 60);
  await ada.page.reload();
  await liveOn([ada], 60);
  await ada.get("stop").click();
  assert.equal(await ended(ben, "stopped"), await ended(ada, "stopped"));
  await noComplaints([ada, ben]);
});

test("an answer goes on while the one who asked is away", async () => {
  await ada.say(`@assistant ${LONG}`);
  await liveOn([ada, ben], 30);
  await ada.page.goto("about:blank");
  const text = await ended(ben, "complete");
  await ada.page.goto(`${server.url}/chat`);
  assert.equal(await ended(ada, "complete"), text);
});

test("the others see that one writes, until the message is there", async () => {
  await ada.get("chat-text").pressSequentially("Good mor");
  await ben.get("typing").filter({ hasText: `${ada.name} is writing` }).waitFor();
  assert.equal((await ada.get("typing").textContent())?.trim(), "");
  await ada.get("chat-text").pressSequentially("ning");
  await ada.get("chat-text").press("Enter");
  await ben.message("Good morning");
  await ben.get("typing").filter({ hasNotText: "writing" }).waitFor({ state: "attached" });
  await noComplaints([ada, ben]);
});

test("messages are there after a reload, in order, with line breaks and nothing taken for markup", async () => {
  const texts = ["First", "two\nlines", "<b>bold</b> & such"];
  for (const text of texts) await ada.say(text);
  await ben.message("& such");
  await ben.page.reload();
  await ben.message("& such");
  assert.deepEqual(await ben.get("message-text").allTextContents(), texts);
  await noComplaints([ada, ben]);
});

test("what comes while one is at the board is counted, and read when one comes back", async () => {
  await ben.get("tab-board").click();
  await ben.get("board").waitFor();
  await ada.say("Are you there?");
  await ben.get("unread").filter({ hasText: "1" }).waitFor();
  await ben.get("tab-chat").click();
  await ben.message("Are you there?");
  assert.equal(await ben.get("unread").count(), 0);
  await ben.page.goBack();
  await ben.get("board").waitFor();
  await noComplaints([ben]);
});

/** @param {Person[]} people */
async function noComplaints(people) {
  for (const person of people) assert.deepEqual(person.complaints, [], `${person.name}'s console`);
}

/** In the page: keeps every text that the answer under way has. */
function recordLive() {
  /** @type {string[]} */
  const texts = [];
  /** @type {any} */ (globalThis).liveTexts = texts;
  new MutationObserver(() => {
    const text = document.querySelector('[data-testid="live-text"]')?.textContent;
    if (text && text !== texts.at(-1)) texts.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
