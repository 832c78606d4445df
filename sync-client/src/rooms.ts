/** The rooms this page is in, and getting back into them after a reconnect. */
import { type SyncError, syncError } from "./errors.js";
import { askInTime } from "./exchange.js";
import { readOffsets } from "./offset.js";
import type { Recovery } from "./recovery.js";
import { createSignal } from "./signal.js";
import type { Connection } from "./socket.js";
import type { SyncRoomsResponse } from "./types.js";
import { memberOf, readRooms } from "./wire.js";

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
  /** All that there is to know of: the page is in them, on its way in or out, or was refused. */
  all(): { readonly code: string; readonly state: SyncRoomState }[];
  onState(listener: () => void): () => void;
  /** Requests to this room should wait: it is about to be joined. */
  isJoining(code: string): boolean;
  /** The session has changed: forgets all rooms but those that are held. */
  forget(): void;
}

interface Room {
  readonly code: string;
  /**
   * Who wants to be in it: mounted components, calls of `join` without an answer yet, and `PINNED` after
   * one that worked. `leave` clears them: it means what it says.
   */
  holders: Set<Holder>;
  /** Where the server has this page, as far as is known. */
  server: "in" | "out" | "unknown";
  /** The last join was refused. */
  refused?: SyncRoomState | undefined;
  /** What the three above come to. */
  state: SyncRoomState;
  /** Its last operation under way. They run one after another: a join and a leave must not cross on the wire. */
  turn?: Promise<unknown> | undefined;
}

interface Holder {
  released?: true;
}

/** Holds a room until `leave`, or a new session. */
const PINNED: Holder = {};

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
  function operate(
    event: "joinRoom" | "leaveRoom" | "getJoinedRooms",
    group?: string,
    joining?: string,
  ): Promise<SyncRoomsResponse> {
    return new Promise((resolve) => {
      askInTime(connection, event, { group }, timeoutMs(), (value) => {
        const response = readRooms(value);
        if (response.status === "success") {
          recovery.listed(response.rooms);
          for (const [room, offset] of readOffsets(value)) recovery.named(room, offset, room === joining);
        }
        resolve(response);
      });
    });
  }

  function roomOf(code: string): Room {
    let room = rooms.get(code);
    if (!room) {
      room = {
        code,
        holders: new Set(),
        server: "out",
        state: LEFT,
      };
      rooms.set(code, room);
    }
    return room;
  }

  /** To be called after every change to a room. */
  function refresh(room: Room): void {
    const before = room.state;
    room.state = stateOf(room);
    const idle = room.state === LEFT && room.server === "out" && !room.turn;
    if (idle && rooms.get(room.code) === room) rooms.delete(room.code);
    if (room.state !== before) changed.emit();
  }

  function inTurn<T>(room: Room, operation: () => Promise<T>): Promise<T> {
    const done = Promise.resolve(room.turn).then(operation).finally(() => {
      if (room.turn === done) room.turn = undefined;
      refresh(room);
    });
    room.turn = done;
    return done;
  }

  async function move(room: Room, to: "in" | "out"): Promise<SyncRoomsResponse> {
    const joining = to === "in" && room.server !== "in" ? room.code : undefined;
    const response = await operate(to === "in" ? "joinRoom" : "leaveRoom", room.code, joining);
    if (response.status === "success") room.server = to;
    else if (isUnanswered(response)) room.server = "unknown";
    return response;
  }

  async function joinNow(room: Room): Promise<SyncRoomsResponse> {
    const response = await move(room, "in");
    // A join that the connection took with it is not refused: it is tried again with the next one.
    const isRefused = response.status === "error" && response.errorCode !== "sync.ioUnavailable";
    room.refused = isRefused ? { status: "error", error: response } : undefined;
    return response;
  }

  async function leaveNow(room: Room): Promise<SyncRoomsResponse> {
    const response = await move(room, "out");
    if (response.status === "success") recovery.left(room.code);
    return response;
  }

  /** Brings the server's view in line with what the page wants by then. */
  function reconcile(room: Room): void {
    refresh(room);
    void inTurn(room, async () => {
      if (!connection.live() || rooms.get(room.code) !== room) return;
      if (isWanted(room)) {
        if (room.server !== "in" && !room.refused) await joinNow(room);
      } else if (room.server !== "out") {
        await leaveNow(room);
      }
    });
  }

  async function rejoin(): Promise<void> {
    const open = [...rooms.values()].filter((room) => isWanted(room) || room.server === "unknown");
    if (open.some((room) => room.server === "unknown")) {
      const listed = await operate("getJoinedRooms");
      if (listed.status === "error") {
        if (isUnanswered(listed)) return;
      } else {
        for (const room of open) {
          if (room.server === "unknown") room.server = listed.rooms.includes(room.code) ? "in" : "out";
        }
      }
    }
    open.forEach(reconcile);
  }

  connection.onMessage(([event, message]) => {
    const room = rooms.get(String(memberOf(message, "room")));
    if (!room || event !== "sync-room-left") return;
    // It goes back when somebody joins it anew, or with the next connection.
    room.holders.delete(PINNED);
    room.server = "out";
    room.refused = { status: "error", error: syncError("sync.notRoomMember", "The server has taken it out of the room.") };
    recovery.left(room.code);
    refresh(room);
  });
  connection.onUp(() => void rejoin());
  connection.onDown(() => {
    for (const room of [...rooms.values()]) {
      if (room.server === "in") room.server = "unknown";
      room.refused = undefined;
      refresh(room);
    }
  });

  return {
    join(code) {
      const room = roomOf(code);
      const call: Holder = {};
      room.holders.add(call);
      refresh(room);
      return inTurn(room, async () => {
        const response = await joinNow(room);
        call.released = true;
        room.holders.delete(call);
        if (response.status === "success") room.holders.add(PINNED);
        return response;
      });
    },

    leave(code) {
      const room = roomOf(code);
      const { holders } = room;
      room.holders = new Set();
      refresh(room);
      return inTurn(room, async () => {
        // A join before it in turn may have pinned it meanwhile.
        room.holders.delete(PINNED);
        const response = await leaveNow(room);
        if (response.status === "error" && !isUnanswered(response)) {
          // The server keeps the page in it, so it stays as it was.
          for (const holder of holders) if (!holder.released) room.holders.add(holder);
        }
        return response;
      });
    },

    list: () => operate("getJoinedRooms"),

    hold(code) {
      const holder: Holder = {};
      const room = roomOf(code);
      room.holders.add(holder);
      reconcile(room);
      return () => {
        holder.released = true;
        setTimeout(() => {
          if (!room.holders.delete(holder) || isWanted(room)) return;
          room.refused = undefined;
          reconcile(room);
        }, LEAVE_DELAY);
      };
    },

    state: (code) => rooms.get(code)?.state ?? LEFT,
    all: () => [...rooms.values()],
    onState: changed.on,
    isJoining: (code) => rooms.get(code)?.state === JOINING,
    forget() {
      for (const room of [...rooms.values()]) {
        room.holders.delete(PINNED);
        // The new session's rooms are its own: one that is not held is none of this page's business.
        if (!isWanted(room)) rooms.delete(room.code);
        refresh(room);
      }
    },
  };
}

function isWanted(room: Room): boolean {
  return room.holders.size > 0;
}

function stateOf(room: Room): SyncRoomState {
  if (!isWanted(room)) return LEFT;
  if (room.server === "in") return JOINED;
  return room.refused ?? JOINING;
}

/** The server may have done it or not. */
function isUnanswered(error: SyncError): boolean {
  return error.errorCode === "sync.ioUnavailable" || error.errorCode === "sync.requestTimeout";
}
