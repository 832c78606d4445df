/** Requests on their way to the socket: those that may not go out yet wait here, in order. */

export interface Waiting {
  receiver: string;
  send(): void;
  /** It will not be sent. */
  drop(): void;
}

export interface Outbox {
  /** False when too many wait already. Sends at once when nothing is in the way. */
  add(entry: Waiting): boolean;
  remove(entry: Waiting): void;
  /** Sends what may go out now. Call it whenever `mayPass` may have changed. */
  flush(): void;
  /** Drops all that wait. */
  clear(): void;
  size(): number;
}

/** `mayPass` must give one answer for all requests to a receiver, so that they stay in order. */
export function createOutbox(mayPass: (receiver: string) => boolean, maxSize: () => number): Outbox {
  const waiting = new Set<Waiting>();

  const flush = () => {
    for (const entry of [...waiting]) {
      if (!waiting.has(entry) || !mayPass(entry.receiver)) continue;
      waiting.delete(entry);
      entry.send();
    }
  };

  return {
    add(entry) {
      if (mayPass(entry.receiver)) {
        // What waits for the same receiver was asked for earlier.
        flush();
        entry.send();
        return true;
      }
      if (waiting.size >= maxSize()) return false;
      waiting.add(entry);
      return true;
    },
    remove: (entry) => void waiting.delete(entry),
    flush,
    clear() {
      const dropped = [...waiting];
      waiting.clear();
      for (const entry of dropped) entry.drop();
    },
    size: () => waiting.size,
  };
}
