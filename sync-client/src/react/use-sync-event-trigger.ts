import { syncClient } from "../client.js";
import type { SyncRouteName, SyncRoutePart, SyncRouteVersion, SyncStream } from "../index.js";
import { fullName } from "../wire.js";

/** A delivery as `triggerSyncEvent` takes it: without what every delivery has. */
export interface SyncEventToTrigger<N extends SyncRouteName, V extends SyncRouteVersion<N>> {
  name: N;
  version: V;
  serverOutput: SyncRoutePart<N, V, "serverOutput">;
  clientOutput?: SyncRoutePart<N, V, "clientOutput">;
}

export interface SyncEventTrigger {
  /** Calls the callbacks of a route on this page, as if a delivery had come. */
  triggerSyncEvent<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
    event: SyncEventToTrigger<N, V>,
  ): void;
  /** Calls the stream callbacks of a route on this page, as if a payload had come. */
  triggerSyncStreamEvent<N extends SyncRouteName, V extends SyncRouteVersion<N>>(event: {
    name: N;
    version: V;
    stream: SyncStream<N, V> & object;
  }): void;
}

/**
 * Lets a page hear a delivery that the server never sent: for stories, fixtures and tests. Nothing
 * goes over the wire.
 */
export function useSyncEventTrigger(): SyncEventTrigger {
  return trigger;
}

const trigger: SyncEventTrigger = {
  triggerSyncEvent: ({ name, version, ...outputs }) => receive(name, version, "success", outputs),
  triggerSyncStreamEvent: ({ name, version, stream }) => receive(name, version, "stream", stream),
};

function receive(name: string, version: string, status: string, message: object): void {
  syncClient().events.receive({ ...message, status, fullName: fullName(name, version) });
}
