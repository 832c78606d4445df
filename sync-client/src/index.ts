/**
 * Typed, room-based realtime events. The types of all routes come from the file that `cargo build`
 * generates; nothing here needs a type argument.
 *
 * @module
 */
import { syncClient } from "./client.js";
import { presenceOf, type SyncPresence } from "./presence.js";
import type { SyncGap } from "./recovery.js";
import type { SyncOptions } from "./socket.js";
import type { SyncStatus } from "./status.js";
import { subscribe } from "./subscribe.js";
import type {
  SyncEventStreamSubscription,
  SyncEventSubscription,
  SyncRequestOptions,
  SyncResponse,
  SyncRoomsResponse,
  SyncRouteName,
  SyncRouteVersion,
} from "./types.js";
import { type SyncSessionEnd, typed } from "./wire.js";

export type { SyncAuth } from "./auth.js";
export type { SyncError, SyncErrorCode, SyncErrorParam } from "./errors.js";
export type {
  SyncIdentity,
  SyncKeptRequest,
  SyncOfflineQueue,
  SyncOfflineStore,
  SyncRequestOffline,
} from "./offline.js";
export type { SyncGapReason } from "./offset.js";
export type { SyncDropPolicy } from "./outbox.js";
export type { SyncPresence, SyncUser } from "./presence.js";
export type { SyncGap } from "./recovery.js";
export type { SyncRoomState } from "./rooms.js";
export type { SyncOptions } from "./socket.js";
export type { SyncStatus } from "./status.js";
export type { Exchange as SyncExchange, ExchangeHandlers as SyncExchangeHandlers } from "./exchange.js";
export type { SyncTransport, TransportSettings as SyncTransportSettings } from "./transport.js";
export type {
  Answer as SyncAnswer,
  JsonObject as SyncJsonObject,
  KeptPacket as SyncKeptPacket,
  Packet as SyncPacket,
  SyncSessionEnd,
} from "./wire.js";
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
 * `offline.dropped`, unless `offlineQueue.identity` says that the user is the same.
 */
export function reconnectSync(): void {
  syncClient().reopen();
}

/**
 * Closes the connection until `initSync` is called again. Callbacks stay registered; requests that
 * wait settle with `offline.dropped`.
 */
export function disconnectSync(): void {
  syncClient().close();
}

/** The state of the connection, and how many requests wait. The same object until it changes. */
export function getSyncStatus(): SyncStatus {
  return syncClient().status.get();
}

/** Calls `listener` whenever `getSyncStatus` changes. Returns the function that ends it. */
export function onSyncStatus(listener: (status: SyncStatus) => void): () => void {
  return syncClient().status.on(listener);
}

/**
 * Calls `listener` when deliveries of a room were missed, or may have been, that cannot be had any
 * more: load the state anew that the page shows of this room. Returns the function that ends it.
 *
 * After a reconnect the page gets what it missed of routes with history, in order and before what
 * is new; this tells when that could not be. It also tells, while the connection stands, when the
 * nodes of the server could not hear each other. What was missed of routes without history because
 * this page was away is not told.
 */
export function onSyncGap(listener: (gap: SyncGap) => void): () => void {
  return syncClient().onGap(listener);
}

/**
 * Calls `listener` when the server has ended the session of this page. Returns the function that
 * ends it. The page does not reconnect by itself: after a new login call `reconnectSync`.
 */
export function onSyncSessionEnded(listener: (end: SyncSessionEnd) => void): () => void {
  return syncClient().connection.onSessionEnded(listener);
}

/**
 * Runs a route on the server and resolves with its answer, which says whether it worked: look at
 * `status`. It never rejects, and it always settles.
 *
 * Without a connection it waits for one, as `offlineQueue` says. When the connection breaks before
 * the answer is there, it is sent again on the next one, with the same id, so that it runs once. If
 * there is none in time it settles with `sync.ioUnavailable` or `offline.dropped`, whose param
 * `sent` tells more: `false` has not run, `true` may have.
 */
export function syncRequest<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  options: SyncRequestOptions<N, V>,
): Promise<SyncResponse<N, V>> {
  return typed(syncClient().request(typed(options)));
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
  return subscribe("delivery", subscription);
}

/**
 * As `upsertSyncEventCallback`, for what a route streams to the members of its room while it runs.
 * Does not compile for a route that streams nothing.
 */
export function upsertSyncEventStreamCallback<
  N extends SyncRouteName,
  V extends SyncRouteVersion<N>,
>(subscription: SyncEventStreamSubscription<N, V>): () => void {
  return subscribe("stream", subscription);
}

/**
 * Joins a room and resolves with all rooms that this page is then in, or with the error. After a
 * reconnect the page joins it again by itself, until `leaveRoom` is called.
 */
export function joinRoom(code: string): Promise<SyncRoomsResponse> {
  return syncClient().rooms.join(code);
}

/** Leaves a room, also when components use it, and resolves with the rooms that are left. */
export function leaveRoom(code: string): Promise<SyncRoomsResponse> {
  return syncClient().rooms.leave(code);
}

/** Resolves with the rooms that this page is in, as the server has them. */
export function getJoinedRooms(): Promise<SyncRoomsResponse> {
  return syncClient().rooms.list();
}

/**
 * Calls `listener` with who is in a room, at once and whenever that changes, until the function
 * returned is called. Join the room for it, with `joinRoom` or `useRoom`: only members are told.
 *
 * A user is there once, with however many pages. One whose connection was lost is gone after some
 * seconds only. After a reconnect the page is told anew.
 */
export function watchPresence(room: string, listener: (presence: SyncPresence) => void): () => void {
  const presence = presenceOf(syncClient());
  const stop = presence.watch(room);
  const off = presence.onChange((changed) => {
    if (changed === room) listener(presence.get(room));
  });
  listener(presence.get(room));
  return () => {
    off();
    stop();
  };
}
