/** What the panel shows: the requests and deliveries of the page, the latest of them. */
import type { Inspector } from "../inspect.js";
import type { SyncStatus } from "../status.js";
import type { Answer, Delivery, JsonObject } from "../wire.js";

/** Entries that are kept; the oldest goes for a new one. */
const ENTRIES_MOST = 300;
/** Payloads of one stream that are kept; the latest. All are counted. */
const FRAMES_MOST = 50;
/** Payloads of a route that come within so many milliseconds are one stream. */
const STREAM_PAUSE = 2_000;
/** Notices of the connection that are kept; the latest. */
const NOTICES_MOST = 100;
/** Milliseconds between two looks of the panel, however much happens. */
const EVERY = 80;

/** One payload of a stream, and when it came, in milliseconds after its entry. */
export interface Frame {
  after: number;
  payload: JsonObject;
}

interface Common {
  id: number;
  /** `Date.now()` when it was made or came. */
  at: number;
  name: string;
  version: string;
}

/** A request of this page. Durations are in milliseconds since it was made. */
export interface RequestEntry extends Common {
  kind: "request";
  receiver: string;
  ignoreSelf: boolean;
  data: unknown;
  /** Until it went to the server, the last time that it did. */
  sent: number | undefined;
  /** How often it went to the server. */
  sends: number;
  frames: Frame[];
  frameCount: number;
  answer: { after: number; value: Answer } | undefined;
}

/** A delivery to this page. */
export interface DeliveryEntry extends Common {
  kind: "delivery";
  callbacks: number;
  delivery: Exclude<Delivery, { status: "stream" }>;
}

/** What a route streamed to this page as a member of a room. */
export interface StreamEntry extends Common {
  kind: "stream";
  callbacks: number;
  frames: Frame[];
  frameCount: number;
}

export type Entry = RequestEntry | DeliveryEntry | StreamEntry;

/** Something that happened to the connection, and when, as `Date.now()`. */
export interface Notice {
  at: number;
  kind: SyncStatus["status"] | "lagging" | "gap" | "resumed";
  text: string;
}

export interface Log {
  inspector: Inspector;
  /** To be told of the state of the connection, at first and whenever it changes. */
  noteStatus(status: SyncStatus): void;
  note(kind: Notice["kind"], text: string): void;
  /** The latest last. */
  notices(): readonly Notice[];
  /** The latest last. The same array until something has changed. */
  entries(): readonly Entry[];
  onChange(listener: () => void): () => void;
  isPaused(): boolean;
  /** While paused nothing new is taken in. What is there goes on. */
  pause(paused: boolean): void;
  clear(): void;
}

export function createLog(): Log {
  const entries = new Map<number, Entry>();
  const listeners = new Set<() => void>();
  let shown: readonly Entry[] = [];
  let notices: readonly Notice[] = [];
  let lastStatus: SyncStatus | undefined;
  let lastId = 0;
  let paused = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      shown = [...entries.values()];
      for (const listener of listeners) listener();
    }, EVERY);
  }

  function add(entry: Entry): void {
    entries.set(entry.id, entry);
    const [oldest] = entries.keys();
    if (entries.size > ENTRIES_MOST && oldest !== undefined) entries.delete(oldest);
    changed();
  }

  const request: Inspector["request"] = (options, send) => {
    const { name, version, receiver, data, ignoreSelf = false } = options;
    const made = performance.now();
    const after = () => performance.now() - made;
    const entry: RequestEntry = {
      kind: "request",
      id: ++lastId,
      at: Date.now(),
      name,
      version,
      receiver,
      ignoreSelf,
      data,
      sent: undefined,
      sends: 0,
      frames: [],
      frameCount: 0,
      answer: undefined,
    };
    if (!paused) add(entry);
    const update = (change: (now: RequestEntry) => Partial<RequestEntry>) => {
      const now = entries.get(entry.id);
      // One that has been pushed out, or cleared away, stays away.
      if (now?.kind !== "request") return;
      entries.set(entry.id, { ...now, ...change(now) });
      changed();
    };
    const answer = send({
      ...options,
      onSent: () => update(({ sends }) => ({ sent: after(), sends: sends + 1 })),
      onStream(payload) {
        update((now) => withFrame(now, { after: after(), payload }));
        options.onStream?.(payload);
      },
    });
    void answer.then((value) => update(() => ({ answer: { after: after(), value } })));
    return answer;
  };

  function delivery(heard: Delivery, callbacks: number): void {
    if (paused) return;
    const [, name = heard.fullName, version = ""] = /^sync\/(.+)\/(v\d+)$/.exec(heard.fullName) ?? [];
    const common = { id: ++lastId, at: Date.now(), name, version, callbacks };
    if (heard.status !== "stream") return add({ ...common, kind: "delivery", delivery: heard });

    for (const before of entries.values()) {
      if (before.kind !== "stream" || before.name !== name || before.version !== version) continue;
      const after = common.at - before.at;
      if (after - (before.frames.at(-1)?.after ?? 0) > STREAM_PAUSE) continue;
      entries.set(before.id, { ...before, ...withFrame(before, { after, payload: heard.stream }) });
      return changed();
    }
    add({ ...common, kind: "stream", frames: [{ after: 0, payload: heard.stream }], frameCount: 1 });
  }

  function note(kind: Notice["kind"], text: string): void {
    notices = [...notices, { at: Date.now(), kind, text }].slice(-NOTICES_MOST);
    changed();
  }

  return {
    inspector: { request, delivery },
    noteStatus(next) {
      const { status, attempt, lagging } = next;
      const last = lastStatus;
      lastStatus = next;
      if (lagging && !last?.lagging) note("lagging", "the page could not keep up");
      // Requests that begin or cease to wait are no change of the connection.
      if (last?.status === status && last.attempt === attempt) return;
      note(status, attempt > 0 ? `${status}, attempt ${attempt}` : status);
    },
    note,
    notices: () => notices,
    entries: () => shown,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isPaused: () => paused,
    pause(next) {
      paused = next;
      changed();
    },
    clear() {
      entries.clear();
      changed();
    },
  };
}

function withFrame(entry: { frames: Frame[]; frameCount: number }, frame: Frame) {
  return { frames: [...entry.frames, frame].slice(-FRAMES_MOST), frameCount: entry.frameCount + 1 };
}

/**
 * Whether an entry is shown for what is written in the filter: all of its words must be in the route
 * or the room, and none of those that begin with `-`.
 */
export function matches(entry: Entry, filter: string): boolean {
  const room = entry.kind === "request" ? entry.receiver : "";
  const text = `${entry.name}/${entry.version} ${room}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "" && word !== "-")
    .every((word) => (word.startsWith("-") ? !text.includes(word.slice(1)) : text.includes(word)));
}
