// @ts-check
// Accounts and sessions, over plain HTTP as a front end makes them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { inTurn } from "./nodes.mjs";

const nodes = process.env.WIRE_URL ?? assert.fail("run this through `npm run conformance`");

/** The URL of the server under test; of each of its nodes in turn. `conformance.mjs` sets them. */
export const url = inTurn(nodes.split(" "));

const password = "correct horse battery staple";

/**
 * A user with one session. A session is a browser; its sockets are that browser's tabs.
 *
 * @typedef {{ name: string, id: string, cookie: string }} User
 */

/**
 * @param {string} path
 * @param {unknown} body
 * @param {Record<string, string>} [headers]
 * @param {string} [node]
 */
export function post(path, body, headers = {}, node = url()) {
  return fetch(new URL(path, node), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/**
 * Registers an account of a name nobody has.
 *
 * @param {string} [name]
 * @returns {Promise<User>}
 */
export async function register(name = "user") {
  // Names have limits; eight characters of a UUID are enough to be alone.
  return enter("/auth/register", `${name}-${randomUUID().slice(0, 8)}`);
}

/**
 * Opens another session of a user: the same person at another browser.
 *
 * @param {User} user
 */
export async function logIn(user) {
  return enter("/auth/login", user.name);
}

/**
 * @param {string} path
 * @param {string} name
 * @returns {Promise<User>}
 */
async function enter(path, name) {
  const response = await post(path, { name, password });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  const cookie = response.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  assert.notEqual(cookie, "", `${path} sets no cookie`);
  const { user } = await session(cookie);
  return { name, id: user.id, cookie };
}

/**
 * What the server says of a session.
 *
 * @param {string} cookie
 * @returns {Promise<any>}
 */
export async function session(cookie) {
  const response = await fetch(new URL("/auth/session", url()), { headers: { cookie } });
  return response.json();
}
