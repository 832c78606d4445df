/**
 * React hooks over `sync-client`. For React 18 and 19, with StrictMode and server rendering.
 *
 * @module
 */
export { type OptimisticSync, type SyncChangeOptions, useOptimisticSync } from "./use-optimistic-sync.js";
export { usePresence } from "./use-presence.js";
export { useRoom } from "./use-room.js";
export { type SyncEventToTrigger, type SyncEventTrigger, useSyncEventTrigger } from "./use-sync-event-trigger.js";
export { useSyncEvents, type SyncEventRegistrars } from "./use-sync-events.js";
export { useSyncStatus } from "./use-sync-status.js";
export {
  type SyncCallOptions,
  type SyncRequestHook,
  type SyncRequestHookOptions,
  type SyncStreamReducer,
  useSyncRequest,
} from "./use-sync-request.js";
