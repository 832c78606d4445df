// @ts-check
// People at the board: a browser each, with a session of their own.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */

/** How long a page may take for what nobody waits for, in milliseconds. */
const PATIENCE = 15_000;

/** Sandboxes and profiles are the business of whoever browses; these are test servers on loopback. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Two pages are on screen at once, and only one of them has the focus.
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium", args: ARGS });
}

/** One person: a browser profile, one page. */
export class Person {
  /** What the page complained of on its console, or threw. @type {string[]} */
  complaints = [];
  /** Every frame that came over the page's websockets. @type {string[]} */
  frames = [];
  /** Every frame that went out over them. @type {string[]} */
  sent = [];

  /**
   * @param {Page} page
   * @param {string} url
   */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.name = "";
    this.id = "";
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => this.sent.push(String(payload)));
      socket.on("framereceived", ({ payload }) => this.frames.push(String(payload)));
    });
  }

  /**
   * Somebody new at a browser of their own, without an account.
   *
   * @param {import("playwright-core").Browser} browser
   * @param {string} url
   */
  static async arrive(browser, url) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
    return new Person(await context.newPage(), url);
  }

  /**
   * Somebody new, with an account, at the board.
   *
   * @param {import("playwright-core").Browser} browser
   * @param {string} url
   * @param {string} name
   * @param {(page: Page) => Promise<void>} [prepare] what is done to the page before it is opened
   */
  static async atTheBoard(browser, url, name, prepare) {
    return Person.at("/", browser, url, name, prepare);
  }

  /**
   * Somebody new, with an account, at the chat.
   *
   * @param {import("playwright-core").Browser} browser
   * @param {string} url
   * @param {string} name
   */
  static async atTheChat(browser, url, name) {
    const person = await Person.at("/chat", browser, url, name);
    await person.get("chat").waitFor();
    return person;
  }

  /**
   * @param {string} path
   * @param {import("playwright-core").Browser} browser
   * @param {string} url
   * @param {string} name
   * @param {(page: Page) => Promise<void>} [prepare]
   */
  static async at(path, browser, url, name, prepare) {
    const person = await Person.arrive(browser, url);
    await prepare?.(person.page);
    person.name = `${name}-${randomUUID().slice(0, 8)}`;
    const answer = await person.page
      .context()
      .request.post(`${url}/auth/register`, { data: { name: person.name, password: PASSWORD } });
    assert.ok(answer.ok(), await answer.text());
    person.id = (await answer.json()).user.id;
    await person.page.goto(url + path);
    await person.joined();
    return person;
  }

  /** @param {string} id one of the page's test ids */
  get(id) {
    return this.page.getByTestId(id);
  }

  /** Waits until the page hears what happens on the board. */
  async joined() {
    await this.page.locator('[data-testid="connection"][data-status="joined"]').waitFor({ state: "attached" });
  }

  /** @param {string} lane */
  lane(lane) {
    return this.page.locator(`[data-lane-id="${lane}"]`);
  }

  /** @param {string} card */
  card(card) {
    return this.page.locator(`[data-card-id="${card}"]`);
  }

  /**
   * Waits until a card is in a lane on this page.
   *
   * @param {string} card
   * @param {string} lane
   * @param {number} [timeout] milliseconds
   */
  async sees(card, lane, timeout = PATIENCE) {
    await this.lane(lane).locator(`[data-card-id="${card}"]`).waitFor({ timeout });
  }

  /**
   * Makes a card in the first lane and answers its id.
   *
   * @param {string} title
   * @param {string} [notes]
   */
  async createCard(title, notes = "") {
    await this.get("new-card-open").first().click();
    await this.get("new-card-title").fill(title);
    if (notes !== "") await this.get("new-card-notes").fill(notes);
    await this.get("new-card-submit").click();
    const card = this.page.locator("[data-card-id]", { hasText: title });
    await card.waitFor();
    return (await card.getAttribute("data-card-id")) ?? assert.fail("a card without an id");
  }

  /**
   * Drags a card into a lane with the pointer, and lets go.
   *
   * @param {string} card
   * @param {string} lane
   */
  async drag(card, lane) {
    const from = await box(this.card(card));
    const to = await box(this.lane(lane));
    const { mouse } = this.page;
    await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await mouse.down();
    await mouse.move(to.x + to.width / 2, to.y + to.height - 20, { steps: 12 });
    await mouse.up();
  }

  /**
   * Writes in the chat, to everybody or, with `@assistant`, to the assistant.
   *
   * @param {string} text
   */
  async say(text) {
    const ask = text.startsWith("@assistant ");
    const pressed = (await this.get("to-assistant").getAttribute("aria-pressed")) === "true";
    if (pressed && !ask) await this.get("to-assistant").click();
    await this.get("chat-text").fill(text);
    await this.get("chat-text").press("Enter");
    await this.message(text.replace(/^@assistant /, ""));
  }

  /**
   * Waits for a message of the chat.
   *
   * @param {string} text
   */
  async message(text) {
    await this.get("message").filter({ hasText: text }).last().waitFor();
  }

  /** Ends the browser profile. */
  async leave() {
    await this.page.context().close();
  }
}

/** @param {import("playwright-core").Locator} locator */
async function box(locator) {
  await locator.scrollIntoViewIfNeeded();
  return (await locator.boundingBox()) ?? assert.fail(`${locator} is not on screen`);
}

export const PASSWORD = "correct horse battery staple";
