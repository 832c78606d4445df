/** The rooms this page is in, and getting back into them after a reconnect. */
import { type SyncError, syncError, unavailable } from "./errors.js";
import { ask } from "./exchange.js";
import { type NamedOffset, readOffsets } from "./offset.js";
import type { Recovery } from "./recovery.js";
import { createSignal } from "./signal.js";
import type { Connection } from "./socket.js";
import { startTimer } from "./timer.js";
import type { SyncRoomsResponse } from "./types.js";
import { readRooms } from "./wire.js";

export type SyncRoomState =
  /** Not joined, and nobody asks for it. */
  | { status: "left" }
  /** On the way in: for the first time, or again after the connection was lost. */
  | { status: "joining" }
  | { status: "joined" }
  /** The server refused. Tried again when the connection is made anew. */
  | { status: "error"; error: SyncError };

export interface Rooms {
  join(code: string): Promise<SyncRoomsResponse>;
  leave(code: string): Promise<SyncRoomsResponse>;
  list(): Promise<SyncRoomsResponse>;
  /** Stays in the room until this holder and all others have called the function returned. */
  hold(code: string): () => void;
  state(code: string): SyncRoomState;
  /** All rooms the page is in, on the way into, or was refused. */
  all(): { code: string; state: SyncRoomState }[];
  onState(listener: () => void): () => void;
  /** Requests to this room should wait: it is about to be joined. */
  isJoining(code: string): boolean;
  /** The session has changed: forgets all rooms but those that are held. */
  forget(): void;
}

interface Room {
  readonly code: string;
  /** `join` was called for it, and `leave` was not. */
  pinned: boolean;
  /** One for each mounted component. `leave` clears them: it means what it says. */
  holders: Set<Holder>;
  /** Calls of `join` that have no answer yet. */
  joins: number;
  /** Where the server has this page, as far as is known. */
  server: "in" | "out" | "unknown";
  /** Why the last join failed. */
  error: SyncError | undefined;
  /** What the three above come to. */
  state: SyncRoomState;
  /** Operations run one after another, so that a join and a leave cannot cross on the wire. */
  turn: Promise<unknown>;
  operations: number;
}

interface Holder {
  released: boolean;
}

/**
 * Milliseconds a room is kept after its last component is gone. A page that swaps one component for
 * another, or StrictMode, which mounts each twice, then neither leaves nor misses a delivery.
 */
const LEAVE_DELAY = 100;

export const LEFT: SyncRoomState = { status: "left" };
const JOINING: SyncRoomState = { status: "joining" };
const JOINED: SyncRoomState = { status: "joined" };

export function createRooms(
  connection: Connection,
  recovery: Recovery,
  timeoutMs: () => number,
): Rooms {
  const rooms = new Map<string, Room>();
  const changed = createSignal<void>();

  /** One room operation; `joining` is the room that is not known to be joined yet. */
  const operate = (event: RoomEvent, group?: string, joining?: string) =>
    call(connection, timeoutMs(), event, group, (list, offsets) => {
      recovery.listed(list);
      for (const [room, offset] of offsets) recovery.named(room, offset, room === joining);
    });

  function roomOf(code: string): Room {
    let room = rooms.get(code);
    if (!room) {
      room = {
        code,
        pinned: false,
        holders: new Set(),
        joins: 0,
        server: "out",
        error: undefined,
        state: LEFT,
        turn: Promise.resolve(),
        operations: 0,
      };
      rooms.set(code, room);
    }
    return room;
  }

  /** To be called after every change to a room. */
  function refresh(room: Room): void {
    const before = room.state;
    room.state = stateOf(room, before);
    const idle = room.state === LEFT && room.server === "out" && room.operations === 0;
    if (idle && rooms.get(room.code) === room) rooms.delete(room.code);
    if (room.state !== before) changed.emit();
  }

  function inTurn<T>(room: Room, operation: () => Promise<T>): Promise<T> {
    room.operations += 1;
    const done = room.turn.then(operation).finally(() => {
      room.operations -= 1;
      refresh(room);
    });
    room.turn = done;
    return done;
  }

  async function joinNow(room: Room): Promise<SyncRoomsResponse> {
    const joining = room.server === "in" ? undefined : room.code;
    const response = await operate("joinRoom", room.code, joining);
    room.error = undefined;
    if (response.status === "success") room.server = "in";
    else if (isUnanswered(response)) room.server = "unknown";
    // A join that the connection took with it is not refused: it is tried again with the next one.
    if (response.status === "error" && response.errorCode !== "sync.ioUnavailable") {
      room.error = response;
    }
    return response;
  }

  async function leaveNow(room: Room): Promise<SyncRoomsResponse> {
    const response = await operate("leaveRoom", room.code);
    if (response.status === "success") {
      room.server = "out";
      recovery.left(room.code);
    } else if (isUnanswered(response)) room.server = "unknown";
    return response;
  }

  /** Brings the server's view in line with what the page wants by then. */
  function reconcile(room: Room): void {
    refresh(room);
    void inTurn(room, async () => {
      if (!connection.live() || rooms.get(room.code) !== room) return;
      if (isWanted(room)) {
        if (room.server !== "in" && !room.error) await joinNow(room);
      } else if (room.server !== "out") {
        await leaveNow(room);
      }
    });
  }

  async function rejoin(): Promise<void> {
    const open = [...rooms.values()].filter((room) => isWanted(room) || room.server === "unknown");
    if (open.length === 0) return;
    const listed = await operate("getJoinedRooms");
    if (listed.status === "error" && isUnanswered(listed)) return;
    for (const room of open) {
      if (room.server === "unknown" && listed.status === "success") {
        room.server = listed.rooms.includes(room.code) ? "in" : "out";
      }
      reconcile(room);
    }
  }

  connection.onUp(() => void rejoin());
  connection.onDown(() => {
    for (const room of [...rooms.values()]) {
      if (room.server === "in") room.server = "unknown";
      room.error = undefined;
      refresh(room);
    }
  });

  return {
    join(code) {
      const mistake = findMistake(code);
      if (mistake) return Promise.resolve(mistake);
      const room = roomOf(code);
      room.joins += 1;
      refresh(room);
      return inTurn(room, async () => {
        const response = await joinNow(room);
        room.joins -= 1;
        if (response.status === "success") room.pinned = true;
        return response;
      });
    },

    leave(code) {
      const mistake = findMistake(code);
      if (mistake) return Promise.resolve(mistake);
      const room = roomOf(code);
      const { pinned, holders } = room;
      room.pinned = false;
      room.holders = new Set();
      refresh(room);
      return inTurn(room, async () => {
        // A join before it in turn may have pinned it meanwhile.
        room.pinned = false;
        const response = await leaveNow(room);
        if (response.status === "error" && !isUnanswered(response)) {
          // The server keeps the page in it, so it stays as it was.
          room.pinned = pinned;
          for (const holder of holders) if (!holder.released) room.holders.add(holder);
        }
        return response;
      });
    },

    list: () => operate("getJoinedRooms"),

    hold(code) {
      const holder: Holder = { released: false };
      const room = roomOf(code);
      room.holders.add(holder);
      reconcile(room);
      return () => {
        holder.released = true;
        setTimeout(() => {
          const held = rooms.get(code);
          if (!held?.holders.delete(holder) || isWanted(held)) return;
          held.error = undefined;
          reconcile(held);
        }, LEAVE_DELAY);
      };
    },

    state: (code) => rooms.get(code)?.state ?? LEFT,
    all: () => [...rooms.values()].filter((room) => room.state !== LEFT).map(({ code, state }) => ({ code, state })),
    onState: changed.on,
    isJoining: (code) => rooms.get(code)?.state === JOINING,
    forget() {
      for (const room of [...rooms.values()]) {
        room.pinned = false;
        // The new session's rooms are its own: one that is not held is none of this page's business.
        if (room.holders.size === 0) rooms.delete(room.code);
        refresh(room);
      }
    },
  };
}

function isWanted(room: Room): boolean {
  return room.pinned || room.holders.size > 0;
}

function stateOf(room: Room, before: SyncRoomState): SyncRoomState {
  const wanted = isWanted(room);
  if (!wanted && room.joins === 0) return LEFT;
  if (room.server === "in") return JOINED;
  if (!wanted || !room.error) return JOINING;
  const same = before.status === "error" && before.error === room.error;
  return same ? before : { status: "error", error: room.error };
}

/** The server may have done it or not. */
function isUnanswered(error: SyncError): boolean {
  return error.errorCode === "sync.ioUnavailable" || error.errorCode === "sync.requestTimeout";
}

function findMistake(code: string): SyncError | undefined {
  if (typeof code === "string" && code !== "") return undefined;
  return syncError("sync.invalidRequest", "A room needs a code.");
}

type RoomEvent = "joinRoom" | "leaveRoom" | "getJoinedRooms";

/**
 * One room operation on the wire, after waiting for a connection. `hear` is called before anything
 * that came after the answer is looked at.
 */
function call(
  connection: Connection,
  timeoutMs: number,
  event: RoomEvent,
  group: string | undefined,
  hear: (rooms: readonly string[], offsets: NamedOffset[]) => void,
): Promise<SyncRoomsResponse> {
  return new Promise((resolve) => {
    let sent = false;
    let stop = () => {};
    const settle = (response: SyncRoomsResponse) => {
      clearTimeout(timer);
      stop();
      resolve(response);
    };
    const timer = startTimer(timeoutMs, () => {
      settle(sent ? syncError("sync.requestTimeout", "The server did not answer in time.") : unavailable(false));
    });
    const send = () => {
      stop();
      sent = true;
      const exchange = ask(connection, event, group === undefined ? {} : { group }, {
        answer: (value) => {
          const response = readRooms(value);
          if (response.status === "success") hear(response.rooms, readOffsets(value));
          settle(response);
        },
        lost: () => settle(unavailable(true)),
      });
      stop = exchange.abandon;
    };
    if (connection.live()) send();
    else stop = connection.onUp(send);
  });
}
