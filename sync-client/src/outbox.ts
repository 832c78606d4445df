/** Requests on their way out: those that may not go yet wait here, in the order they were made. */
import { createSignal, type Signal } from "./signal.js";

/** What happens to one more request when as many wait as may. */
export type SyncDropPolicy = "reject" | "drop-oldest" | "drop-newest";

/**
 * Why a request was given up: too many wait, it waited too long, it was made for a session that is
 * over, or there is no connection and it does not want to wait for one.
 */
export type DropReason = "full" | "age" | "session" | "offline";

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
  /** Sends at once when nothing is in the way. False when it was refused: too many wait. */
  add(entry: Waiting, maxSize: number, policy: SyncDropPolicy): boolean;
  /** Waits at its old place. For what waited or was under way before: it takes no new room. */
  putBack(entry: Waiting): void;
  remove(entry: Waiting): void;
  /** Sends what may go out now. Call it whenever `mayPass` may have changed. */
  flush(): void;
  /** Gives up those that `which` picks. */
  drop(reason: DropReason, which: (entry: Waiting) => boolean): void;
  size(): number;
  onSize: Signal<void>["on"];
}

/**
 * `mayPass` must give one answer for all requests that go over the socket to one receiver, so that
 * they stay in order.
 */
export function createOutbox(mayPass: (entry: Waiting) => boolean): Outbox {
  let waiting = new Set<Waiting>();
  let newest = 0;
  const sizeChanged = createSignal<void>();

  /** Tells of a change of size that `change` made. */
  function counted(change: () => void): void {
    const before = waiting.size;
    change();
    if (waiting.size !== before) sizeChanged.emit();
  }

  function insert(entry: Waiting): void {
    waiting.add(entry);
    if (entry.askedAt > newest) newest = entry.askedAt;
    else waiting = new Set([...waiting].sort((a, b) => a.askedAt - b.askedAt));
    entry.queued();
  }

  function flush(): void {
    counted(() => {
      for (const entry of [...waiting]) {
        if (!waiting.has(entry) || entry.notBefore > Date.now() || !mayPass(entry)) continue;
        waiting.delete(entry);
        entry.send();
      }
    });
  }

  function makeRoom(maxSize: number, policy: SyncDropPolicy): DropReason | undefined {
    if (waiting.size < maxSize) return undefined;
    const [oldest] = waiting;
    if (policy !== "drop-oldest" || !oldest || maxSize <= 0) return "full";
    waiting.delete(oldest);
    oldest.drop("full");
    return undefined;
  }

  return {
    add(entry, maxSize, policy) {
      if (mayPass(entry)) {
        // What waits for the same receiver was asked for earlier.
        flush();
        entry.send();
        return true;
      }
      let taken = true;
      counted(() => {
        const refused = makeRoom(maxSize, policy);
        if (!refused) insert(entry);
        else if (policy === "reject") taken = false;
        else entry.drop(refused);
      });
      return taken;
    },
    putBack(entry) {
      counted(() => insert(entry));
      const pause = entry.notBefore - Date.now();
      if (pause > 0) setTimeout(flush, pause);
    },
    remove(entry) {
      counted(() => waiting.delete(entry));
    },
    flush,
    drop(reason, which) {
      counted(() => {
        for (const entry of [...waiting]) {
          if (!which(entry)) continue;
          waiting.delete(entry);
          entry.drop(reason);
        }
      });
    },
    size: () => waiting.size,
    onSize: sizeChanged.on,
  };
}
