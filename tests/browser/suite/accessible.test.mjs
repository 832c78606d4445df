// @ts-check
// What axe, the checker of accessibility rules, says of each page: roles, labels, contrast, the order of headings.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { startServer } from "../../wire/lib/server.mjs";
import { Person, launch } from "../lib/people.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Asserts that nothing on the page, in light and in dark, is out of the rules. @param {Person} person @param {string} what */
async function assertAccessible({ page }, what) {
  // Not as a script of the page, which its content security policy would not let in.
  await page.evaluate(axe);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(settle);
    // All that a scheme changes is its colours.
    const rules = colorScheme === "dark" ? { runOnly: "color-contrast" } : {};
    const { violations } = await page.evaluate((rules) => /** @type {any} */ (globalThis).axe.run(rules), rules);
    const found = violations.map((/** @type {any} */ { id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((/** @type {any} */ { html }) => html),
    }));
    assert.deepEqual(found, [], `${what}, ${colorScheme}`);
  }
}

test("every page keeps the rules of accessibility, in light and in dark", async () => {
  const visitor = await Person.arrive(browser, server.url);
  await visitor.page.goto(server.url);
  await visitor.page.getByRole("button", { name: "Log in" }).waitFor();
  await assertAccessible(visitor, "the login");

  const ada = await Person.atTheBoard(browser, server.url, "ada");
  const card = await ada.createCard("Paint the poster", "not before Monday");
  await assertAccessible(ada, "the board");
  await ada.card(card).click();
  await ada.page.getByRole("dialog").waitFor();
  await assertAccessible(ada, "a card's dialog");
  await ada.page.keyboard.press("Escape");

  await ada.get("tab-chat").click();
  await ada.get("chat-empty").waitFor();
  await assertAccessible(ada, "the empty chat");
  await ada.say("Hello");
  await ada.say("@assistant Write us a plan");
  await ada.get("live-answer").waitFor();
  await ada.get("stop").click();
  await ada.get("message-end").waitFor();
  await assertAccessible(ada, "the chat");

  await ada.page.goto(`${server.url}/?panel`);
  await ada.joined();
  await ada.page.getByRole("tab", { name: "Try a route" }).click();
  await assertAccessible(ada, "the developer panel");

  await ada.page.route("**/api/board", (route) => route.abort());
  await ada.page.goto(server.url);
  await ada.get("board-error").waitFor();
  // It is said once.
  assert.equal(await ada.page.getByText("The server cannot be reached.").count(), 1);
  await assertAccessible(ada, "the page without its board");
});

/** In the page: colours on their way to others have the contrast of neither. */
function settle() {
  for (const animation of document.getAnimations()) {
    if (animation.effect?.getComputedTiming().iterations !== Infinity) animation.finish();
  }
}
