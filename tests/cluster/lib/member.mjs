// @ts-check
// A member of a room that comes back whatever happens, as docs/wire.md lets any client do: with the stock
// socket.io-client, `resume` and `requestId`. It keeps a record of all that it hears.
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

export const KEEP = "noted/keep/v1";
export const PASS = "noted/pass/v1";
const FLOOD = "streamed/flood/v1";

/** How long to wait before another attempt to connect, in milliseconds. */
const TRY_AGAIN = 100;
/** How long a connection or an answer may take, in milliseconds. */
const PATIENCE = 10_000;
/** The bytes of a payload of a flood. */
const FLOOD_CHUNK = 100_000;

/**
 * @typedef {{ id: string, run: string, route: string, offset?: string, at: number }} Heard
 * @typedef {"connection" | "gap" | "lost" | "session"} SignalKind
 *   `connection`: it was away; `gap`: `sync-gap`; `lost`: a room that cannot be resumed; `session`: it was logged out
 * @typedef {{ kind: SignalKind, reason: string, heard: number, at: number, until: number }} Signal `heard`: how much it had
 *   heard by then; `until`: when it was back
 * @typedef {{ id: string, route: string, at: number, answered?: number, error?: string }} Asked
 */

export class Member {
  /** What it heard, in order. @type {Heard[]} */
  heard = [];
  /** When it was told that it may have missed something. @type {Signal[]} */
  signals = [];
  /** What it asked for. @type {Asked[]} */
  asked = [];
  /** How many deliveries it got by resuming. */
  recovered = 0;

  /** @type {import("socket.io-client").Socket | undefined} */
  #socket;
  /** @type {string | undefined} */
  #cookie;
  /** Up to where it has heard the room. @type {string | undefined} */
  #offset;
  #isReady = false;
  #isOver = false;
  #nextIndex = 1;
  /** Requests without an answer, by their ids. @type {Map<string, { asked: Asked, packet: object, settle: () => void }>} */
  #open = new Map();
  /** Who waits for it to be in the room. @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {string} name
   * @param {string} room
   * @param {() => string} node the URL to connect to next
   */
  constructor(name, room, node) {
    this.name = name;
    this.room = room;
    this.node = node;
  }

  /** Comes into the room. */
  async begin() {
    void this.#connect();
    await this.ready();
  }

  /** Waits until it is in the room and has what it missed. @returns {Promise<void>} */
  ready() {
    return this.#isReady ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  get isReady() {
    return this.#isReady;
  }

  /** The stream below its web socket. @returns {any} */
  get stream() {
    return /** @type {any} */ (this.#socket)?.io.engine.transport.ws?._socket;
  }

  /** Leaves for good. */
  end() {
    this.#isOver = true;
    this.#socket?.disconnect();
    for (const { settle } of this.#open.values()) settle();
  }

  /**
   * Asks for a note to be passed on, again and again until there is an answer.
   *
   * @param {string} route
   * @param {string} id
   * @returns {Promise<void>}
   */
  ask(route, id) {
    const asked = { id, route, at: Date.now() };
    this.asked.push(asked);
    return new Promise((settle) => {
      const packet = {
        name: `sync/${route}`,
        cb: route,
        data: { id },
        receiver: this.room,
        requestId: randomUUID(),
      };
      this.#open.set(id, { asked, packet, settle: () => settle() });
      this.#send(id);
    });
  }

  /** Has so many bytes sent to everybody in the room. @param {number} bytes @returns {Promise<any>} */
  flood(bytes) {
    const socket = this.#socket;
    if (socket === undefined) return Promise.resolve();
    const data = { chunks: Math.ceil(bytes / FLOOD_CHUNK), bytes: FLOOD_CHUNK };
    const packet = { name: `sync/${FLOOD}`, cb: FLOOD, data, receiver: this.room };
    return this.#call(socket, "sync", packet);
  }

  /** @param {string} id */
  #send(id) {
    const open = this.#open.get(id);
    const socket = this.#socket;
    if (open === undefined || socket === undefined || !this.#isReady) return;
    const responseIndex = this.#nextIndex++;
    socket.once(`sync-${responseIndex}`, (/** @type {any} */ answer) => {
      if (answer.status === "success") open.asked.answered = Date.now();
      else open.asked.error = answer.errorCode;
      this.#open.delete(id);
      open.settle();
    });
    socket.emit("sync", { ...open.packet, responseIndex });
  }

  /** @param {SignalKind} kind @param {string} reason */
  #signal(kind, reason) {
    const at = Date.now();
    this.signals.push({ kind, reason, heard: this.heard.length, at, until: kind === "connection" ? Infinity : at });
  }

  async #connect() {
    while (!this.#isOver) {
      const node = this.node();
      try {
        this.#cookie ??= await this.#logIn(node);
        await this.#reach(node);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
      }
    }
  }

  /** @param {string} node */
  async #logIn(node) {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(new URL(`/login/${this.name}`, node), { method: "POST", signal });
    const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
    if (!response.ok || cookie === undefined) throw new Error("no session");
    return cookie;
  }

  /** @param {string} node */
  async #reach(node) {
    const socket = io(node, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      timeout: PATIENCE,
      extraHeaders: { cookie: this.#cookie ?? "" },
    });
    this.#listen(socket);
    try {
      await once(socket, "connect", ["connect_error", "disconnect"]);
      await this.#comeIn(socket);
    } catch (error) {
      socket.disconnect();
      throw error;
    }
    this.#socket = socket;
    this.#isReady = true;
    const away = this.signals.findLast(({ kind }) => kind === "connection");
    if (away !== undefined) away.until = Math.min(away.until, Date.now());
    socket.once("disconnect", (reason) => {
      this.#isReady = false;
      this.#signal("connection", reason);
      void this.#connect();
    });
    for (const id of this.#open.keys()) this.#send(id);
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resumes the room, or joins it. @param {import("socket.io-client").Socket} socket */
  async #comeIn(socket) {
    const before = this.heard.length;
    if (this.#offset !== undefined) {
      const answer = await this.#call(socket, "resume", { rooms: { [this.room]: this.#offset } });
      const resumed = answer.rooms?.[this.room];
      if (resumed?.recovered) {
        this.recovered += resumed.count;
        return;
      }
      // Logged out meanwhile: a new session is a member of nothing.
      if (resumed === undefined) {
        this.#cookie = undefined;
        throw new Error(`not resumed: ${JSON.stringify(answer)}`);
      }
      this.#signal("lost", resumed.reason);
      if (resumed.reason !== "notMember") {
        this.#offset = resumed.offset;
        return;
      }
    }
    const joined = await this.#call(socket, "joinRoom", { group: this.room });
    if (!Array.isArray(joined.rooms)) {
      this.#cookie = undefined;
      throw new Error(`not joined: ${JSON.stringify(joined)}`);
    }
    // What came meanwhile is further on than what the answer says.
    if (this.heard.length === before) this.#offset = joined.offsets?.[this.room];
  }

  /**
   * @param {import("socket.io-client").Socket} socket
   * @param {string} event
   * @param {object} packet
   * @returns {Promise<any>}
   */
  #call(socket, event, packet) {
    const responseIndex = this.#nextIndex++;
    const answered = once(socket, `${event}-${responseIndex}`, ["disconnect"]);
    socket.emit(event, { ...packet, responseIndex });
    return answered;
  }

  /** @param {import("socket.io-client").Socket} socket */
  #listen(socket) {
    socket.on("sync", (/** @type {any} */ frame) => {
      const route = frame.fullName?.slice("sync/".length);
      if (frame.status !== "success" || ![KEEP, PASS].includes(route)) return;
      const { id, run } = frame.serverOutput;
      this.heard.push({ id, run, route, offset: frame.offset, at: Date.now() });
      if (frame.offset !== undefined) this.#offset = frame.offset;
    });
    socket.on("sync-gap", (/** @type {any} */ gap) => {
      this.#signal("gap", gap.reason);
      const offset = gap.offsets?.[this.room];
      if (offset !== undefined) this.#offset = offset;
    });
    socket.on("sync-session-ended", (/** @type {any} */ end) => {
      this.#signal("session", end.reason);
      this.#cookie = undefined;
    });
  }
}

/**
 * The first frame on an event, unless one of others comes before it or nothing in time.
 *
 * @param {import("socket.io-client").Socket} socket
 * @param {string} event
 * @param {string[]} failures
 * @returns {Promise<any>}
 */
function once(socket, event, failures) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(late);
      socket.off(event, succeed);
      for (const failure of failures) socket.off(failure, fail);
    };
    const succeed = (/** @type {any} */ frame) => {
      done();
      resolve(frame);
    };
    const fail = (/** @type {any} */ reason) => {
      done();
      reject(new Error(`no ${event}: ${reason}`));
    };
    const late = setTimeout(() => fail("nothing came"), PATIENCE);
    socket.on(event, succeed);
    for (const failure of failures) socket.on(failure, fail);
  });
}
