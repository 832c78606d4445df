// @ts-check
// The fixture app, started by the tests that need it, and the ways to ask it.
import assert from "node:assert/strict";
import { inTurn, startNodes } from "./nodes.mjs";
import { startFixtureServer } from "./server.mjs";
import { connect, packet } from "./socket.mjs";

/** How a request can come in. */
export const WAYS = /** @type {const} */ (["websocket", "polling", "HTTP"]);

/**
 * @typedef {(typeof WAYS)[number]} Way
 * @typedef {import("./socket.mjs").Frame} Frame
 * @typedef {{ cookie: string }} User
 */

/** A server of the fixture app. Whoever starts one stops it. */
export class Fixture {
  #next;

  /** @param {import("./nodes.mjs").Nodes} server */
  constructor(server) {
    this.server = server;
    this.#next = inTurn(server.urls);
  }

  /** @param {{ args?: string[], settings?: Record<string, string> }} [options] */
  static async start({ args = [], settings = {} } = {}) {
    const start = (/** @type {string | undefined} */ redis) =>
      startFixtureServer({ args: redis === undefined ? args : ["--redis", redis, ...args], settings });
    return new Fixture(await startNodes(start));
  }

  /** The URL of a node, of each in turn. */
  get url() {
    return this.#next();
  }

  async stop() {
    assert.ok(this.server.alive(), "the server ended by itself");
    assert.equal(await this.server.stop(), 0);
  }

  /**
   * The answer to a login: it has the session's cookie, or its bearer token.
   *
   * @param {string} name
   */
  async enter(name) {
    const response = await fetch(new URL(`/login/${name}`, this.url), { method: "POST" });
    assert.equal(response.status, 200);
    return response;
  }

  /**
   * A new session of the user of that name.
   *
   * @param {string} name
   * @returns {Promise<User>}
   */
  async logIn(name) {
    const cookies = (await this.enter(name)).headers.getSetCookie();
    return { cookie: cookies[0]?.split(";")[0] ?? assert.fail("no cookie") };
  }

  /**
   * @param {User} [user]
   * @param {Parameters<typeof connect>[1]} [options]
   */
  connect(user, options = {}) {
    return connect(user, { url: this.url, ...options });
  }

  /**
   * A connection of a new session, in a room.
   *
   * @param {string} name
   * @param {string} group
   * @param {Parameters<typeof connect>[1]} [options]
   */
  async member(name, group, options) {
    const client = await this.connect(await this.logIn(name), options);
    await client.join(group);
    return client;
  }

  /**
   * @param {string} route
   * @param {unknown} body
   * @param {User} [user]
   * @param {RequestInit} [init]
   */
  post(route, body, user, init = {}) {
    return fetch(new URL(`/sync/${route}`, this.url), {
      method: "POST",
      ...init,
      headers: { "content-type": "application/json", ...(user && { cookie: user.cookie }), ...init.headers },
      body: JSON.stringify(body),
    });
  }

  /**
   * A user in a room who asks in one of the ways, and gets the envelope: over HTTP, where it comes with
   * the status that it names.
   *
   * @param {Way} way
   * @param {string} name
   * @param {string} group
   * @returns {Promise<(route: string, data: Frame, more?: Frame) => Promise<Frame>>}
   */
  async asker(way, name, group) {
    const user = await this.logIn(name);
    const client = await this.connect(user, { transports: [way === "polling" ? "polling" : "websocket"] });
    await client.join(group);
    if (way !== "HTTP") return (route, data, more) => client.send(packet(route, data, group, more));
    return async (route, data, more) => {
      const response = await this.post(route, { data, receiver: group, ...more }, user);
      /** @type {any} */
      const answer = await response.json();
      assert.equal(response.status, answer.status === "success" ? 200 : answer.httpStatus, JSON.stringify(answer));
      return answer;
    };
  }
}
