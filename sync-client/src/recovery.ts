/** Deliveries of routes with history: each once and in order, also when a reconnect lies between. */
import { askInTime } from "./exchange.js";
import { setLatest } from "./latest.js";
import { FAILED, type Offset, readOffset, readOffsets, readReason, readResumed, type Resumed, type SyncGapReason } from "./offset.js";
import { createSignal, type Signal } from "./signal.js";
import type { Connection } from "./socket.js";
import { memberOf, readStrings } from "./wire.js";

/** Deliveries of this room were missed, or may have been, and will not come. */
export interface SyncGap {
  room: string;
  reason: SyncGapReason;
}

export interface Recovery {
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
  from: Position;
  messages: { offset: Offset; message: unknown }[];
  /** Where the room stood when it was joined again meanwhile. */
  joinedAt?: Offset | undefined;
}

/** Of how many rooms the offset is remembered. Those heard of last are kept. */
const MAX_ROOMS = 1_000;
/** How many deliveries are held back, of all rooms together, before recovery is given up. */
const MAX_HELD = 10_000;

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
  let stopAsking = () => {};

  function remember(room: string, offset: Offset, heard: boolean): void {
    setLatest(positions, room, { ...offset, heard }, MAX_ROOMS);
  }

  function accept(room: string, offset: Offset, message: unknown): void {
    const last = positions.get(room);
    if (last?.heard && last.epoch === offset.epoch && offset.n <= last.n) return;
    remember(room, offset, true);
    deliver(message);
  }

  /** From the loss of a connection on: what the next one brings is not complete before `finish`. */
  function holdBack(): void {
    stopAsking();
    // What an unfinished recovery has brought is brought again by the next.
    held = new Map([...positions].map(([room, from]) => [room, { from, messages: [] }]));
    heldCount = 0;
  }

  function resume(): void {
    if (held.size === 0) return;
    const rooms = Object.fromEntries([...held].map(([room, { from }]) => [room, `${from.epoch}:${from.n}`]));
    stopAsking = askInTime(connection, "resume", { rooms }, timeoutMs(), (value) => finish(readResumed(value)));
  }

  function finish(answer: ReadonlyMap<string, Resumed>): void {
    stopAsking();
    const rooms = held;
    held = new Map();
    for (const [room, { messages, joinedAt }] of rooms) {
      const outcome = answer.get(room) ?? FAILED;
      if (outcome.recovered) {
        // A new delivery can have come before one that was missed.
        messages.sort((a, b) => a.offset.n - b.offset.n);
      } else {
        const begin = joinedAt ?? outcome.offset;
        if (begin) remember(room, begin, false);
        else if (outcome.reason === "notMember") positions.delete(room);
        gaps.emit({ room, reason: outcome.reason });
      }
      for (const { offset, message } of messages) accept(room, offset, message);
    }
  }

  function receive(message: unknown): void {
    const room = memberOf(message, "room");
    const offset = readOffset(memberOf(message, "offset"));
    if (typeof room !== "string" || !offset) return deliver(message);
    const waiting = held.get(room);
    if (!waiting) return accept(room, offset, message);
    waiting.messages.push({ offset, message });
    heldCount += 1;
    if (heldCount > MAX_HELD) finish(new Map());
  }

  /** Tells of deliveries that were missed although the connection stands. */
  function tellGap(message: unknown): void {
    for (const [room, offset] of readOffsets(message)) {
      if (positions.get(room)?.epoch !== offset.epoch) named(room, offset, true);
    }
    const reason = readReason(memberOf(message, "reason"));
    for (const room of readStrings(memberOf(message, "rooms"))) gaps.emit({ room, reason });
  }

  function named(room: string, offset: Offset, justJoined: boolean): void {
    const waiting = held.get(room);
    if (waiting) waiting.joinedAt = justJoined ? offset : waiting.joinedAt;
    else if (justJoined || !positions.has(room)) remember(room, offset, false);
  }

  function forget(but: (room: string) => boolean): void {
    for (const room of [...positions.keys(), ...held.keys()]) {
      if (but(room)) continue;
      positions.delete(room);
      held.delete(room);
    }
  }

  connection.onMessage(([event, message]) => {
    if (event === "sync") receive(message);
    if (event === "sync-gap") tellGap(message);
  });
  connection.onDown(holdBack);
  connection.onUp(resume);

  return {
    named,
    left: (room) => forget((other) => other !== room),
    listed(rooms) {
      const isIn = new Set(rooms);
      // One that is held is in the question already, and gets its answer.
      forget((room) => isIn.has(room) || held.has(room));
    },
    forget,
    onGap: gaps.on,
  };
}
