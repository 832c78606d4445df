/**
 * Typed, room-based realtime events. The types of all routes come from the file that `cargo build`
 * generates; nothing here needs a type argument.
 *
 * @module
 */
import { syncClient } from "./client.js";
import type { SyncOptions, SyncStatus } from "./socket.js";
import { subscribe, untyped } from "./subscribe.js";
import type {
  SyncEventStreamSubscription,
  SyncEventSubscription,
  SyncRequestOptions,
  SyncResponse,
  SyncRoomsResponse,
  SyncRouteName,
  SyncRouteVersion,
} from "./types.js";
import { typed } from "./wire.js";

export type { SyncError, SyncErrorCode, SyncErrorParam } from "./errors.js";
export type { SyncRoomState } from "./rooms.js";
export type { SyncAuth, SyncOptions, SyncStatus } from "./socket.js";
export type * from "./types.js";

/** The generated file adds the routes to this: `interface Register { routes: SyncRoutes }`. */
export interface Register {}

/**
 * Connects the page. Until it is called, requests wait and callbacks may already be registered.
 *
 * It may be called again: with the same `url`, `path`, `transports` and `withCredentials` the connection stays and
 * only the other options are taken over; with another one the connection is made anew.
 */
export function initSync(options: SyncOptions = {}): void {
  syncClient().open(options);
}

/**
 * Makes the connection anew, so that the server sees the session the page has now: call it after a
 * login and after a logout. Rooms joined with `joinRoom` are forgotten, since they were the old
 * session's; those that mounted components use are joined again. Requests that wait settle with
 * `sync.ioUnavailable`.
 */
export function reconnectSync(): void {
  syncClient().reopen();
}

/** Closes the connection until `initSync` is called again. Callbacks stay registered. */
export function disconnectSync(): void {
  syncClient().close();
}

/** The state of the connection. */
export function getSyncStatus(): SyncStatus {
  return syncClient().connection.status();
}

/** Calls `listener` whenever `getSyncStatus` changes. Returns the function that ends it. */
export function onSyncStatus(listener: (status: SyncStatus) => void): () => void {
  return syncClient().connection.onStatus(listener);
}

/**
 * Runs a route on the server and resolves with its answer, which says whether it worked: look at
 * `status`. It never rejects, and it always settles.
 *
 * Without a connection it waits for one, up to `timeoutMs`, and then settles with
 * `sync.ioUnavailable`; so does a request whose connection breaks before its answer is there. The
 * param `sent` tells which: `false` has not run, `true` may have.
 */
export function syncRequest<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  options: SyncRequestOptions<N, V>,
): Promise<SyncResponse<N, V>> {
  return syncClient()
    .request(typed(options))
    .then((answer) => typed<SyncResponse<N, V>>(answer));
}

/**
 * Calls `callback` for every delivery of a route in the rooms of this page. Returns the function
 * that ends it.
 *
 * Each registration hears, however many there are for a route. Two are one and the same, and are
 * called once, when they have the same function or the same `key`; with a key, the later callback
 * takes the place of the earlier one. Give a key to a registration in the body of a module, which a
 * hot reload runs again. In a component use `useSyncEvents` of `sync-client/react`, which takes care of it.
 *
 * A delivery with status `error` says that the route's `_client` file refused this recipient.
 */
export function upsertSyncEventCallback<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  subscription: SyncEventSubscription<N, V>,
): () => void {
  const plain = untyped(subscription);
  return subscribe("delivery", plain, plain.key ?? plain.callback);
}

/**
 * As `upsertSyncEventCallback`, for what a route streams to the members of its room while it runs.
 * Does not compile for a route that streams nothing.
 */
export function upsertSyncEventStreamCallback<
  N extends SyncRouteName,
  V extends SyncRouteVersion<N>,
>(subscription: SyncEventStreamSubscription<N, V>): () => void {
  const plain = untyped(subscription);
  return subscribe("stream", plain, plain.key ?? plain.callback);
}

/**
 * Joins a room and resolves with all rooms the session is then in, or with the error. After a
 * reconnect the page joins it again by itself, until `leaveRoom` is called.
 */
export function joinRoom(code: string): Promise<SyncRoomsResponse> {
  return syncClient().rooms.join(code);
}

/** Leaves a room, also when components use it, and resolves with the rooms that are left. */
export function leaveRoom(code: string): Promise<SyncRoomsResponse> {
  return syncClient().rooms.leave(code);
}

/** Resolves with the rooms the session is in, as the server has them. */
export function getJoinedRooms(): Promise<SyncRoomsResponse> {
  return syncClient().rooms.list();
}
