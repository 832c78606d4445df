/**
 * React hooks over `sync-client`. For React 18 and 19, with StrictMode and server rendering.
 *
 * @module
 */
export { useRoom } from "./use-room.js";
export { useSyncEventTrigger, type SyncEventTrigger } from "./use-sync-event-trigger.js";
export { useSyncEvents, type SyncEventRegistrars } from "./use-sync-events.js";
export { useSyncStatus } from "./use-sync-status.js";
