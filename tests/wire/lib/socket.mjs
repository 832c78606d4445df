// @ts-check
// The stock socket.io-client, with a memory of what it heard.
import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { url as tested } from "./users.mjs";

/** How long anything may take before a test gives up on it, in milliseconds. */
const PATIENCE = 10_000;

/**
 * @typedef {Record<string, any>} Frame
 * @typedef {{ event: string, args: any[] }} Heard
 */

/** A connection, and everything it has heard, in order. */
export class Client {
  /** @type {Heard[]} */
  heard = [];
  #waiting = new Set();
  /** What ends the patience with what has not come. @type {Set<NodeJS.Timeout>} */
  #patience = new Set();
  /** The first frame of each event, or who waits for it: a burst has thousands. */
  #firsts = new Map();
  #nextIndex = 1;

  /** @param {import("socket.io-client").Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.onAny((event, ...args) => {
      this.heard.push({ event, args });
      this.#first(event).resolve(args[0]);
      for (const look of [...this.#waiting]) look();
    });
  }

  /**
   * The first thing heard, now or later, that `wanted` accepts.
   *
   * @param {string} what for the message when it does not come
   * @param {(heard: Heard) => unknown} wanted
   * @returns {Promise<Heard>}
   */
  hear(what, wanted) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.heard.find(wanted);
        if (found === undefined) return;
        this.#calm(late);
        this.#waiting.delete(look);
        resolve(found);
      };
      const late = this.#patient(() => {
        this.#waiting.delete(look);
        reject(this.#silence(what));
      });
      this.#waiting.add(look);
      look();
    });
  }

  /**
   * The first frame on an event.
   *
   * @param {string} event
   * @returns {Promise<any>}
   */
  async on(event) {
    /** @type {NodeJS.Timeout | undefined} */
    let late;
    const silence = new Promise((_, reject) => {
      late = this.#patient(() => reject(this.#silence(`\`${event}\``)));
    });
    try {
      return await Promise.race([this.#first(event).frame, silence]);
    } finally {
      this.#calm(late);
    }
  }

  /** @param {() => void} giveUp */
  #patient(giveUp) {
    const late = setTimeout(giveUp, PATIENCE);
    this.#patience.add(late);
    return late;
  }

  /** @param {NodeJS.Timeout | undefined} late */
  #calm(late) {
    if (late === undefined) return;
    clearTimeout(late);
    this.#patience.delete(late);
  }

  /** @param {string} event */
  #first(event) {
    let first = this.#firsts.get(event);
    if (first === undefined) {
      let resolve = (/** @type {any} */ _frame) => {};
      const frame = new Promise((settle) => (resolve = settle));
      first = { frame, resolve };
      this.#firsts.set(event, first);
    }
    return first;
  }

  /** @param {string} what */
  #silence(what) {
    const events = this.heard.slice(-20).map(({ event, args }) => `${event} ${JSON.stringify(args)}`);
    return new Error(`no ${what} in ${PATIENCE} ms; the last heard:\n${events.join("\n")}`);
  }

  /** A response index this connection has not used. */
  index() {
    return this.#nextIndex++;
  }

  /**
   * Sends a request as written and answers what comes on its `sync-<index>`.
   *
   * @param {Frame} packet
   * @returns {Promise<Frame>}
   */
  send(packet) {
    const responseIndex = this.index();
    this.socket.emit("sync", { responseIndex, ...packet });
    return this.on(`sync-${packet.responseIndex ?? responseIndex}`);
  }

  /**
   * A well-formed request.
   *
   * @param {string} route `<page>/<route>/v<N>`
   * @param {Frame} data
   * @param {string} receiver
   * @param {Frame} [more]
   */
  request(route, data, receiver, more = {}) {
    return this.send(packet(route, data, receiver, more));
  }

  /**
   * The delivery of one route that `wanted` accepts.
   *
   * @param {string} route
   * @param {(frame: Frame) => unknown} [wanted]
   * @returns {Promise<Frame>}
   */
  async delivery(route, wanted = () => true) {
    const { args } = await this.hear(
      `delivery of ${route}`,
      ({ event, args: [frame] }) => event === "sync" && frame?.fullName === `sync/${route}` && wanted(frame),
    );
    return args[0];
  }

  /**
   * All deliveries of a route so far.
   *
   * @param {string} route
   * @returns {Frame[]}
   */
  deliveries(route) {
    return this.heard
      .filter(({ event, args: [frame] }) => event === "sync" && frame?.fullName === `sync/${route}`)
      .map(({ args }) => args[0]);
  }

  /**
   * @param {"joinRoom" | "leaveRoom" | "getJoinedRooms" | "watchPresence" | "unwatchPresence"} event
   * @param {Frame} [packet]
   * @returns {Promise<Frame>}
   */
  rooms(event, packet = {}) {
    const responseIndex = this.index();
    this.socket.emit(event, { responseIndex, ...packet });
    return this.on(`${event}-${responseIndex}`);
  }

  /** @param {string} group */
  async join(group) {
    const answer = await this.rooms("joinRoom", { group });
    assert.ok(Array.isArray(answer.rooms), `joinRoom ${group}: ${JSON.stringify(answer)}`);
    return answer;
  }

  close() {
    this.socket.disconnect();
  }

  /** Waits for nothing any more: an answer that its test left open is no failure of the next one. */
  forget() {
    for (const late of this.#patience) this.#calm(late);
  }
}

/**
 * @param {string} route
 * @param {Frame} data
 * @param {string} receiver
 * @param {Frame} [more]
 */
export function packet(route, data, receiver, more = {}) {
  return { name: `sync/${route}`, cb: route, data, receiver, ...more };
}

/**
 * A connection that may not be there yet: what is sent on it goes out as soon as it is.
 *
 * @param {{ cookie: string }} [user] anonymous without one
 * @param {{ url?: string, transports?: ("websocket" | "polling")[], headers?: Record<string, string>, auth?: Frame }} [options]
 *   `url` of a server other than the one under test
 */
export function open(user, { url = tested(), transports = ["websocket"], headers = {}, auth = {} } = {}) {
  const client = new Client(
    io(url, {
      transports,
      auth,
      forceNew: true,
      reconnection: false,
      extraHeaders: user === undefined ? headers : { cookie: user.cookie, ...headers },
    }),
  );
  opened.add(client);
  return client;
}

/**
 * A connection that is there.
 *
 * @param {Parameters<typeof open>} how
 */
export async function connect(...how) {
  const client = open(...how);
  await connected(client);
  return client;
}

/** @param {Client} client */
export function connected(client) {
  return new Promise((resolve, reject) => {
    if (client.socket.connected) return resolve(undefined);
    client.socket.once("connect", () => resolve(undefined));
    client.socket.once("connect_error", reject);
  });
}

/** @type {Set<Client>} */
const opened = new Set();

/** Closes what a test opened; `node --test` waits for open sockets. */
export function closeAll() {
  for (const client of opened) {
    client.close();
    client.forget();
  }
  opened.clear();
}

let rooms = 0;

/** A room nobody else is in. It looks like a board's, so that cursors move in it. */
export function room() {
  rooms += 1;
  return `board:wire-${process.pid}-${Date.now()}-${rooms}`;
}
