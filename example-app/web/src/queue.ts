import { useEffect } from "react";
import type { SyncOfflineQueue, SyncRequestOffline } from "sync-client";
import { indexedDbQueue } from "sync-client/persist";
import type { User } from "./api";
import type { Failed } from "./failed";

/** What one changes waits so long for a connection, in milliseconds, and survives a reload meanwhile. */
export const KEPT: SyncRequestOffline = { maxAgeMs: 10 * 60_000 };
/** For what is worth nothing to the page that comes after a reload. */
export const OF_THIS_PAGE: SyncRequestOffline = { persist: false };

let user: User | null = null;
let hearFailure: (error: Failed) => void = () => {};

/** To be called before the connection is made for a session. */
export function queueFor(next: User | null): void {
  user = next;
}

/** What waits is sent for the user who asked for it, and no other. */
export const offlineQueue: SyncOfflineQueue = {
  identity: () => user?.id,
  persist: indexedDbQueue({
    onSettled: (_, answer) => {
      if (answer.status === "error") hearFailure(answer);
    },
  }),
};

/** Hears why something could not be done that was asked for before a reload. */
export function useLateFailures(onFailed: (error: Failed) => void): void {
  useEffect(() => {
    hearFailure = onFailed;
    return () => {
      hearFailure = () => {};
    };
  }, [onFailed]);
}
