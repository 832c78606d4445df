// @ts-check
// Two people, two browsers, one board.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { PASSWORD, Person, launch } from "../lib/people.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Person} */
let ada;
/** @type {Person} */
let ben;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  [ada, ben] = await Promise.all([
    Person.atTheBoard(browser, server.url, "ada"),
    Person.atTheBoard(browser, server.url, "ben"),
  ]);
});
afterEach(async () => {
  for (const person of [ada, ben]) {
    await person.leave();
    assert.deepEqual(person.complaints, [], `${person.name}'s console`);
  }
});

test("one drags a card, the other sees it move within a second", async () => {
  const card = await ada.createCard("Dragged by pointer");
  await ben.sees(card, "ideas");
  await ada.drag(card, "doing");
  await ben.sees(card, "doing", 1000);
  await ada.sees(card, "doing");
  await ada.page.reload();
  await ada.sees(card, "doing");
});

test("a card moves by keyboard, and the other sees it within a second", async () => {
  const card = await ada.createCard("Moved by keyboard");
  await ben.sees(card, "ideas");
  await ada.card(card).focus();
  await ada.page.keyboard.press("Space");
  await ada.page.locator(`[data-card-id="${card}"][data-lifted]`).waitFor();
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.keyboard.press("Space");
  await ben.sees(card, "doing", 1000);
  assert.notEqual((await ada.get("announcement").first().textContent())?.trim(), "");
});

test("a card that is lifted and put back with Escape stays where it was", async () => {
  const card = await ada.createCard("Not moved after all");
  await ada.card(card).focus();
  await ada.page.keyboard.press("Space");
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.keyboard.press("Escape");
  // A move that is made is seen by the other after one that was not would have been.
  const next = await ada.createCard("The next one");
  await ben.sees(next, "ideas");
  await ben.sees(card, "ideas");
  await ada.sees(card, "ideas");
});

test("private notes reach the owner only, whoever opens the card", async () => {
  const secret = "The surprise is on Friday";
  const card = await ada.createCard("With private notes", secret);
  await ben.sees(card, "ideas");

  await ben.card(card).click();
  await ben.get("private-notes-hidden").waitFor();
  assert.equal(await ben.get("private-notes").count(), 0);

  await ada.card(card).click();
  await ada.get("private-notes").waitFor();
  await ada.page.waitForFunction(
    (text) => /** @type {any} */ (document.querySelector('[data-testid="private-notes"]'))?.value === text,
    secret,
  );

  await ada.get("card-dialog-close").click();
  await ben.get("card-dialog-close").click();
  // A fence: after this Ben has heard everything said before.
  await ben.sees(await ada.createCard("After the notes"), "ideas");
  assert.ok(ben.frames.length > 0);
  assert.ok(!ben.frames.some((frame) => frame.includes(secret)), "the notes were sent to another user");
  assert.ok(!(await ben.page.content()).includes(secret));
});

test("one reloads, is still in the room, and hears", async () => {
  const card = await ada.createCard("Moved after a reload");
  await ben.sees(card, "ideas");
  await ben.page.reload();
  await ben.joined();
  await ada.drag(card, "review");
  await ben.sees(card, "review", 1000);
  await ben.drag(card, "done");
  await ada.sees(card, "done", 1000);
});

test("the other's pointer is seen where it is, as it moves", async () => {
  const cursor = ben.page.locator(`[data-testid="cursor"][data-user-id="${ada.id}"]`);
  const at = async () => {
    await cursor.waitFor();
    const place = await cursor.boundingBox();
    return place ?? assert.fail("the pointer has no place");
  };
  for (const [x, y] of /** @type {[number, number][]} */ ([
    [300, 300],
    [700, 500],
  ])) {
    await ada.page.mouse.move(x - 30, y - 30);
    await ada.page.mouse.move(x, y, { steps: 8 });
    // The windows are of one size, so the places are the same.
    await ben.page.waitForFunction(
      ([selector, x, y]) => {
        const box = document.querySelector(String(selector))?.getBoundingClientRect();
        return box && Math.abs(box.left - Number(x)) < 30 && Math.abs(box.top - Number(y)) < 30;
      },
      /** @type {const} */ ([`[data-testid="cursor"][data-user-id="${ada.id}"]`, x, y]),
    );
    await at();
  }
  // One's own pointer is the system's.
  assert.equal(await ada.page.locator(`[data-testid="cursor"][data-user-id="${ada.id}"]`).count(), 0);
});

test("a new board title is seen by the other", async () => {
  const title = `Harbour festival ${Date.now()}`;
  await ada.get("board-title").click();
  await ada.get("board-title-input").fill(title);
  await ada.get("board-title-input").press("Enter");
  await ben.get("board-title").filter({ hasText: title }).waitFor();
});

test("an account is made on the page, lasts across log out and log in, and a wrong password is told", async () => {
  const person = await Person.arrive(browser, server.url);
  const name = `eve-${Date.now()}`;
  await person.page.goto(server.url);
  await person.get("sign-in-switch").click();
  await person.get("sign-in-name").fill(name);
  await person.get("sign-in-password").fill(PASSWORD);
  await person.get("sign-in-submit").click();
  await person.joined();
  assert.equal((await person.get("user-name").textContent())?.trim(), name);

  await person.get("log-out").click();
  await person.get("sign-in-name").fill(name);
  await person.get("sign-in-password").fill("not the password");
  await person.get("sign-in-submit").click();
  await person.get("sign-in-error").waitFor();
  // The browser itself notes the refusal on the console.
  person.complaints = person.complaints.filter((line) => !line.includes("401"));

  await person.get("sign-in-password").fill(PASSWORD);
  await person.get("sign-in-submit").click();
  await person.joined();
  await person.sees(await ada.createCard("For Eve"), "ideas", 5000);
  await person.leave();
  assert.deepEqual(person.complaints, []);
});
