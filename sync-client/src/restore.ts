/** Requests that earlier pages kept, run again for the user they are of. */
import { dropped } from "./errors.js";
import { currentIdentity, type SyncKeptRequest, type SyncOfflineQueue } from "./offline.js";
import type { Answer } from "./wire.js";

export interface Restore {
  /** Takes over what was left for the user of now, once for each user. */
  start(queue: SyncOfflineQueue | undefined): void;
  /** Nothing may be sent meanwhile: what was kept is older. */
  isUnderWay(): boolean;
}

export function createRestore(
  run: (kept: SyncKeptRequest) => Promise<Answer>,
  finished: () => void,
): Restore {
  let of: string | undefined;
  let underWay = false;

  return {
    start(queue = {}) {
      const identity = currentIdentity(queue);
      const { persist } = queue;
      if (identity === of) return;
      of = identity;
      underWay = false;
      if (identity === undefined || !persist) return finished();
      underWay = true;
      const taken = persist.take(identity).catch((): SyncKeptRequest[] => []);
      void taken.then((kept) => {
        if (of !== identity) {
          // The user has changed meanwhile. It is given up, as what waits is.
          for (const request of kept) {
            persist.remove(request.packet.requestId);
            persist.settled(request, dropped("session", request.sentAt !== undefined));
          }
          return;
        }
        underWay = false;
        for (const request of kept) {
          void run(request).then((answer) => persist.settled(request, answer));
        }
        finished();
      });
    },
    isUnderWay: () => underWay,
  };
}
