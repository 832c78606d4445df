/** Who else is in the rooms of this page. */
import type { SyncClient } from "./client.js";
import { notUnderstood, type SyncError } from "./errors.js";
import { askInTime } from "./exchange.js";
import { createSignal, type Signal } from "./signal.js";
import { isObject, memberOf, readError, readStrings } from "./wire.js";

/** Somebody in a room: the user's id, and what the server's `presence` makes of the user. */
export interface SyncUser {
  id: string;
  [field: string]: unknown;
}

/** Who is in a room, as far as is known. */
export type SyncPresence =
  /** The server has not said yet. `users` are those of before the connection was lost, if there were any. */
  | { status: "waiting"; users: readonly SyncUser[] }
  /** These, this page's own user among them, in the order of their ids. */
  | { status: "live"; users: readonly SyncUser[] }
  /** The server does not say. Asked again when the connection is made anew. */
  | { status: "error"; users: readonly SyncUser[]; error: SyncError };

export interface Presence {
  /** Watches a room as long as the page is in it, until the function returned is called. */
  watch(room: string): () => void;
  /** The same object until something changes. */
  get(room: string): SyncPresence;
  /** Tells of a room in which something has changed. */
  onChange: Signal<string>["on"];
}

export const UNWATCHED: SyncPresence = { status: "waiting", users: [] };

/** What one room is to its watchers. */
interface Watched {
  watchers: number;
  presence: SyncPresence;
  /** Gives up the question for who is here. */
  stopAsking: () => void;
  /** The server tells of changes, or was asked to. */
  asked: boolean;
}

/** Milliseconds a room is watched after its last watcher is gone: another may be about to come. */
const STOP_DELAY = 100;

export function presenceOf(client: SyncClient): Presence {
  return (client.presence ??= createPresence(client));
}

function createPresence({ connection, rooms, timeoutMs }: SyncClient): Presence {
  const watched = new Map<string, Watched>();
  const changed = createSignal<string>();

  function become(room: string, entry: Watched, presence: SyncPresence): void {
    entry.presence = presence;
    changed.emit(room);
  }

  /** Asks who is here, once the page is in the room. */
  function askFor(room: string, entry: Watched): void {
    if (entry.asked || !connection.live() || rooms.state(room).status !== "joined") return;
    entry.asked = true;
    entry.stopAsking = askInTime(connection, "watchPresence", { group: room }, timeoutMs(), (value) => {
      const users = memberOf(value, "users");
      if (Array.isArray(users)) return become(room, entry, { status: "live", users: sorted(users.filter(isUser)) });
      become(room, entry, { status: "error", users: [], error: readError(value) ?? notUnderstood() });
    });
  }

  /** The server has forgotten that it was asked: the connection is lost, or the page was out of the room. */
  function isForgotten(room: string, entry: Watched): void {
    entry.stopAsking();
    entry.asked = false;
    const { users } = entry.presence;
    if (entry.presence.status !== "waiting") become(room, entry, { status: "waiting", users });
  }

  function stop(room: string, entry: Watched): void {
    watched.delete(room);
    entry.stopAsking();
    if (entry.asked && connection.live() && rooms.state(room).status === "joined") {
      askInTime(connection, "unwatchPresence", { group: room }, timeoutMs(), () => {});
    }
  }

  rooms.onState(() => {
    for (const [room, entry] of [...watched]) {
      if (entry.asked && rooms.state(room).status !== "joined") isForgotten(room, entry);
      askFor(room, entry);
    }
  });
  connection.onDown(() => {
    for (const [room, entry] of [...watched]) isForgotten(room, entry);
  });
  connection.onMessage(([event, message]) => {
    if (event !== "sync-presence") return;
    const room = memberOf(message, "room");
    const entry = typeof room === "string" ? watched.get(room) : undefined;
    if (typeof room !== "string" || entry?.presence.status !== "live") return;
    const users = new Map(entry.presence.users.map((user) => [user.id, user]));
    for (const id of readStrings(memberOf(message, "left"))) users.delete(id);
    const joined = memberOf(message, "joined");
    for (const user of Array.isArray(joined) ? joined.filter(isUser) : []) users.set(user.id, user);
    become(room, entry, { status: "live", users: sorted([...users.values()]) });
  });

  return {
    watch(room) {
      let entry = watched.get(room);
      if (!entry) {
        entry = { watchers: 0, presence: UNWATCHED, stopAsking: () => {}, asked: false };
        watched.set(room, entry);
      }
      entry.watchers += 1;
      askFor(room, entry);
      const mine = entry;
      let stopped = false;
      return () => {
        if (stopped) return;
        stopped = true;
        setTimeout(() => {
          mine.watchers -= 1;
          if (mine.watchers === 0) stop(room, mine);
        }, STOP_DELAY);
      };
    },
    get: (room) => watched.get(room)?.presence ?? UNWATCHED,
    onChange: changed.on,
  };
}

function sorted(users: SyncUser[]): SyncUser[] {
  return users.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function isUser(value: unknown): value is SyncUser {
  return isObject(value) && typeof value["id"] === "string";
}
