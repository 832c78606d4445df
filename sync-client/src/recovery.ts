/** Deliveries of routes with history: each once and in order, also when a reconnect lies between. */
import { ask, type Exchange } from "./exchange.js";
import { type Offset, readOffset, readResumed, type Resumed, type SyncGapReason } from "./offset.js";
import { createSignal, type Signal } from "./signal.js";
import type { Connection } from "./socket.js";
import { startTimer, type Timer } from "./timer.js";
import { isObject } from "./wire.js";

/** Deliveries of this room were missed and will not come. */
export interface SyncGap {
  room: string;
  reason: SyncGapReason;
}

export interface Recovery {
  /** A message of event `sync`. */
  receive(message: unknown): void;
  /**
   * The server has named where a room's deliveries stand. It counts for a room just joined; one that
   * the page was in before may have deliveries on their way that come before it.
   */
  named(room: string, offset: Offset, justJoined: boolean): void;
  left(room: string): void;
  /** The server has listed the rooms that the page is in: no other can be resumed. */
  listed(rooms: readonly string[]): void;
  /** Forgets where rooms stand, but for some. */
  forget(but: (room: string) => boolean): void;
  onGap: Signal<SyncGap>["on"];
}

interface Position extends Offset {
  /** A delivery with this offset has come. Otherwise the server has only named it. */
  heard: boolean;
}

/** A room's deliveries between the loss of a connection and the server's word on what was missed. */
interface Held {
  messages: { offset: Offset; message: unknown }[];
  /** Where the room stood when it was joined again meanwhile. */
  joinedAt: Offset | undefined;
}

/** Of how many rooms the offset is remembered. Those heard of last are kept. */
const MAX_ROOMS = 1_000;
/** How many deliveries are held back, of all rooms together, before recovery is given up. */
const MAX_HELD = 10_000;

const FAILED: Resumed = { recovered: false, reason: "failed", offset: undefined };

/** `deliver` gets every message that is to be heard. */
export function createRecovery(
  connection: Connection,
  timeoutMs: () => number,
  deliver: (message: unknown) => void,
): Recovery {
  const gaps = createSignal<SyncGap>();
  const positions = new Map<string, Position>();
  let held = new Map<string, Held>();
  let heldCount = 0;
  let question: { exchange: Exchange; timer: Timer } | undefined;

  function remember(room: string, { epoch, n }: Offset, heard: boolean): void {
    // Put last: the first is the one that nothing was heard of for longest.
    positions.delete(room);
    positions.set(room, { epoch, n, heard });
    for (const oldest of positions.keys()) {
      if (positions.size <= MAX_ROOMS) break;
      positions.delete(oldest);
    }
  }

  function accept(room: string, offset: Offset, message: unknown): void {
    const last = positions.get(room);
    if (last?.heard && last.epoch === offset.epoch && offset.n <= last.n) return;
    remember(room, offset, true);
    deliver(message);
  }

  /** A new delivery can come before one that was missed. */
  function hold(messages: Held["messages"], offset: Offset, message: unknown): void {
    let at = messages.length;
    for (; at > 0; at--) {
      const before = messages[at - 1]?.offset;
      if (before?.epoch !== offset.epoch || before.n <= offset.n) break;
    }
    messages.splice(at, 0, { offset, message });
    heldCount += 1;
    if (heldCount > MAX_HELD) finish(new Map());
  }

  function stopAsking(): void {
    clearTimeout(question?.timer);
    question?.exchange.abandon();
    question = undefined;
  }

  /** From the loss of a connection on: what the next one brings is not complete before `finish`. */
  function holdBack(): void {
    stopAsking();
    // What an unfinished recovery has brought is brought again by the next.
    held = new Map([...positions.keys()].map((room) => [room, { messages: [], joinedAt: undefined }]));
    heldCount = 0;
  }

  function resume(): void {
    if (held.size === 0) return;
    const rooms: Record<string, string> = {};
    for (const room of held.keys()) {
      const position = positions.get(room);
      if (position) rooms[room] = `${position.epoch}:${position.n}`;
    }
    const exchange = ask(connection, "resume", { rooms }, {
      answer: (value) => finish(readResumed(value)),
      lost: () => {},
    });
    question = { exchange, timer: startTimer(timeoutMs(), () => finish(new Map())) };
  }

  function finish(answer: ReadonlyMap<string, Resumed>): void {
    stopAsking();
    const rooms = held;
    held = new Map();
    for (const [room, { messages, joinedAt }] of rooms) {
      const outcome = answer.get(room) ?? FAILED;
      if (!outcome.recovered) {
        const begin = joinedAt ?? outcome.offset;
        if (begin) remember(room, begin, false);
        else if (outcome.reason === "notMember") positions.delete(room);
        gaps.emit({ room, reason: outcome.reason });
      }
      for (const { offset, message } of messages) accept(room, offset, message);
    }
  }

  connection.onDown(holdBack);
  connection.onUp(resume);

  return {
    receive(message) {
      const room = isObject(message) ? message["room"] : undefined;
      const offset = isObject(message) ? readOffset(message["offset"]) : undefined;
      if (typeof room !== "string" || !offset) return deliver(message);
      const waiting = held.get(room);
      if (waiting) hold(waiting.messages, offset, message);
      else accept(room, offset, message);
    },
    named(room, offset, justJoined) {
      const waiting = held.get(room);
      if (waiting) waiting.joinedAt = justJoined ? offset : waiting.joinedAt;
      else if (justJoined || !positions.has(room)) remember(room, offset, false);
    },
    left(room) {
      positions.delete(room);
      held.delete(room);
    },
    listed(rooms) {
      const isIn = new Set(rooms);
      for (const room of positions.keys()) {
        // One that is held is in the question already, and gets its answer.
        if (!isIn.has(room) && !held.has(room)) positions.delete(room);
      }
    },
    forget(but) {
      for (const room of [...positions.keys(), ...held.keys()]) {
        if (but(room)) continue;
        positions.delete(room);
        held.delete(room);
      }
    },
    onGap: gaps.on,
  };
}
