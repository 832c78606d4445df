/** Who else is in the rooms of this page. */
import type { SyncClient } from "./client.js";
import { notUnderstood, type SyncError, timedOut } from "./errors.js";
import { ask, type Exchange } from "./exchange.js";
import { createSignal, type Signal } from "./signal.js";
import { startTimer, type Timer } from "./timer.js";
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
  /** The question for who is here, while it has no answer. */
  question: { exchange: Exchange; timer: Timer } | undefined;
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

  function endQuestion(entry: Watched): void {
    clearTimeout(entry.question?.timer);
    entry.question?.exchange.abandon();
    entry.question = undefined;
  }

  /** Asks who is here, once the page is in the room. */
  function askFor(room: string, entry: Watched): void {
    if (entry.asked || !connection.live() || rooms.state(room).status !== "joined") return;
    entry.asked = true;
    const refused = (error: SyncError) => {
      entry.question = undefined;
      become(room, entry, { status: "error", users: [], error });
    };
    const timer = startTimer(timeoutMs(), () => {
      endQuestion(entry);
      refused(timedOut());
    });
    const exchange = ask(connection, "watchPresence", { group: room }, {
      answer(value) {
        clearTimeout(timer);
        const users = memberOf(value, "users");
        if (!Array.isArray(users)) return refused(readError(value) ?? notUnderstood());
        entry.question = undefined;
        become(room, entry, { status: "live", users: sorted(users.filter(isUser)) });
      },
      // It is asked again on the next connection.
      lost: () => clearTimeout(timer),
    });
    entry.question = { exchange, timer };
  }

  /** The server has forgotten that it was asked: the connection is lost, or the page was out of the room. */
  function isForgotten(room: string, entry: Watched): void {
    endQuestion(entry);
    entry.asked = false;
    const { users } = entry.presence;
    if (entry.presence.status !== "waiting") become(room, entry, { status: "waiting", users });
  }

  function stop(room: string, entry: Watched): void {
    watched.delete(room);
    endQuestion(entry);
    if (entry.asked && connection.live() && rooms.state(room).status === "joined") {
      ask(connection, "unwatchPresence", { group: room }, { answer: () => {}, lost: () => {} });
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
  connection.onPresence((message) => {
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
        entry = { watchers: 0, presence: UNWATCHED, question: undefined, asked: false };
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
