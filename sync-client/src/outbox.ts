/** Requests on their way out: those that may not go yet wait here, in the order they were made. */
import { createSignal, type Signal } from "./signal.js";

/** What happens to one more request when as many wait as may. */
export type SyncDropPolicy = "reject" | "drop-oldest" | "drop-newest";

/**
 * Why a request was given up: too many wait, and it is not taken or has to go; it was made for a
 * session that is over; or there is no connection and it does not want to wait for one.
 */
export type DropReason = "refused" | "full" | "session" | "offline";

export interface Waiting {
  readonly receiver: string;
  /** Its place in line. No two are alike. */
  readonly askedAt: number;
  /** Not sent again before this time, in milliseconds since 1970. */
  notBefore: number;
  /** It does not want to wait for a connection. */
  readonly failsOffline: boolean;
  /** Who asked, where the app says so. */
  readonly identity: string | undefined;
  /** Whether it could be sent now, as far as the way to the server goes. */
  isReady(): boolean;
  /** It waits from now on. */
  queued(): void;
  send(): void;
  /** It will not be sent. */
  drop(reason: DropReason): void;
}

export interface Outbox {
  /** Sends at once when nothing is in the way. When as many wait as may, `policy` says which is dropped. */
  add(entry: Waiting, maxSize: number, policy: SyncDropPolicy): void;
  /** Waits at its old place. For what waited or was under way before: it takes no new room. */
  putBack(entry: Waiting): void;
  remove(entry: Waiting): void;
  /** Sends what may go out now. Call it whenever `mayPass` may have changed. */
  flush(): void;
  /** Gives up those that `which` picks. */
  drop(reason: DropReason, which: (entry: Waiting) => boolean): void;
  size(): number;
  /** `size` may have changed. */
  onSize: Signal<void>["on"];
}

/**
 * `mayPass` must give one answer for all requests that go over the socket to one receiver, so that
 * they stay in order.
 */
export function createOutbox(mayPass: (entry: Waiting) => boolean): Outbox {
  let waiting = new Set<Waiting>();
  const sizeChanged = createSignal<void>();

  function insert(entry: Waiting): void {
    waiting = new Set([...waiting, entry].sort((a, b) => a.askedAt - b.askedAt));
    entry.queued();
    sizeChanged.emit();
  }

  const flush = () => flushBefore(Infinity);

  /** Of those that were asked for before a time. */
  function flushBefore(time: number): void {
    for (const entry of [...waiting]) {
      if (entry.askedAt >= time) return;
      if (!waiting.has(entry) || entry.notBefore > Date.now() || !mayPass(entry)) continue;
      waiting.delete(entry);
      // Before anybody hears of it, who may then make the next request.
      entry.send();
      sizeChanged.emit();
    }
  }

  return {
    add(entry, maxSize, policy) {
      if (mayPass(entry)) {
        // What was asked for earlier, and no more: what an earlier page has kept is older than what waits here.
        flushBefore(entry.askedAt);
        return entry.send();
      }
      if (waiting.size >= maxSize) {
        const [oldest] = waiting;
        if (policy !== "drop-oldest" || !oldest || maxSize <= 0) {
          return entry.drop(policy === "reject" ? "refused" : "full");
        }
        waiting.delete(oldest);
        oldest.drop("full");
      }
      insert(entry);
    },
    putBack(entry) {
      insert(entry);
      const pause = entry.notBefore - Date.now();
      if (pause <= 0) return;
      setTimeout(() => {
        // A timer may be a moment ahead of the clock.
        entry.notBefore = 0;
        flush();
      }, pause);
    },
    remove(entry) {
      waiting.delete(entry);
      sizeChanged.emit();
    },
    flush,
    drop(reason, which) {
      for (const entry of [...waiting]) {
        if (!which(entry)) continue;
        waiting.delete(entry);
        entry.drop(reason);
        sizeChanged.emit();
      }
    },
    size: () => waiting.size,
    onSize: sizeChanged.on,
  };
}
