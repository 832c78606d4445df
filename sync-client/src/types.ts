import type { SyncError, SyncErrorCode } from "./errors.js";
import type { Register } from "./index.js";
import type { SyncRequestOffline } from "./offline.js";
import type { SyncTransport } from "./transport.js";

/** What the generated file says about one version of one route. */
export interface SyncRouteShape {
  input: unknown;
  serverOutput: unknown;
  clientOutput: unknown;
  serverStream: unknown;
  roomStream: unknown;
  clientStream: unknown;
  errorCode: string;
}

/**
 * Without the generated file no route exists. The one name left says so in the error that a call
 * then gets.
 */
interface NoRoutes {
  "(no routes: include the generated sync.gen.ts in your tsconfig)": { v1: SyncRouteShape };
}

/** All routes, as the generated file registers them. */
export type SyncRouteMap = Register extends { routes: infer Routes } ? Routes : NoRoutes;

/** `"board/moveCard"` and all the others. */
export type SyncRouteName = keyof SyncRouteMap & string;

/**
 * The versions a route has: `"v1" | "v2"`. Of several routes, those of any: a misspelt name stands
 * for them all, and must not make the version look wrong as well.
 */
export type SyncRouteVersion<N extends SyncRouteName> = N extends unknown
  ? keyof SyncRouteMap[N] & string
  : never;

/** Whether there are several. An app of one route is the exception to what follows. */
type Several<Name, All = Name> = Name extends unknown ? ([All] extends [Name] ? false : true) : never;

/**
 * The name stands for all routes: it is misspelt, or still being typed. To work out the types of
 * every route there is would take the editor seconds in a large app (seen: 8 s with 500 routes).
 */
type IsAnyRoute<N> = [SyncRouteName] extends [N] ? Several<SyncRouteName> : false;

/** One entry of the route map, a plain lookup. */
export type SyncRoutePart<
  N extends SyncRouteName,
  V extends SyncRouteVersion<N>,
  K extends keyof SyncRouteShape,
> = IsAnyRoute<N> extends true
  ? unknown
  : SyncRouteMap[N][V & keyof SyncRouteMap[N]] extends Record<K, infer T>
    ? T
    : never;

/** The codes a request of this route can fail with: its own, and the framework's. */
export type SyncRouteErrorCode<N extends SyncRouteName, V extends SyncRouteVersion<N>> =
  | Extract<SyncRoutePart<N, V, "errorCode">, string>
  | SyncErrorCode;

type WithSuccess<Output> = [Output[keyof Output]] extends [never]
  ? { status: "success" }
  : { status: "success" } & Output;

/** What `serverOutput` is in a delivery that succeeded, and `result` in an answer. */
export type SyncServerOutput<N extends SyncRouteName, V extends SyncRouteVersion<N>> = WithSuccess<
  SyncRoutePart<N, V, "serverOutput">
>;

/** What `clientOutput` is in a delivery that succeeded. */
export type SyncClientOutput<N extends SyncRouteName, V extends SyncRouteVersion<N>> = WithSuccess<
  SyncRoutePart<N, V, "clientOutput">
>;

/** The payloads that reach the page that made the request, while it runs. */
export type SyncServerStream<N extends SyncRouteName, V extends SyncRouteVersion<N>> = SyncRoutePart<
  N,
  V,
  "serverStream"
>;

/** The payloads that reach the members of the room: from the server file, or from the `_client` file. */
export type SyncStream<N extends SyncRouteName, V extends SyncRouteVersion<N>> =
  | SyncRoutePart<N, V, "roomStream">
  | SyncRoutePart<N, V, "clientStream">;

type JsonScalar = string | number | boolean | bigint | null | undefined;
type AnyJson = string | number | boolean | null | AnyJson[] | { [key: string]: AnyJson };

type NullableKey<T> = { [K in keyof T]-?: null extends T[K] ? K : never }[keyof T];

/**
 * An input as one may write it: a member that can be `null` (an `Option` in Rust) may be left out.
 *
 * A type that already takes any JSON is left alone, and arrays are `U[]` rather than a mapped type:
 * both keep the compiler from unfolding a recursive type without end.
 */
export type Lenient<T> = [T] extends [JsonScalar]
  ? T
  : [AnyJson] extends [T]
    ? T
    : LenientPart<T>;

/** Of a union, each by itself. */
type LenientPart<T> = T extends JsonScalar
  ? T
  : T extends readonly (infer U)[]
    ? number extends T["length"]
      ? Lenient<U>[]
      : T
    : LenientObject<T, NullableKey<T>>;

type LenientObject<T, Nullable extends keyof T> = [Nullable] extends [never]
  ? { [K in keyof T]: Lenient<T[K]> }
  : { [K in keyof T as Exclude<K, Nullable>]: Lenient<T[K]> } & {
      [K in Nullable]?: Lenient<T[K]> | undefined;
    };

/** What a request of this route takes as `data`. */
export type SyncRequestData<N extends SyncRouteName, V extends SyncRouteVersion<N>> = Lenient<
  SyncRoutePart<N, V, "input">
>;

/** `data` must be there exactly when the input has a member that must be there. */
type DataField<Data> = {} extends Data ? { data?: Data } : { data: Data };

/** Stands where a callback would, on a route that never streams to it. */
export interface NoStream {
  "this route streams nothing to here": never;
}

/** What `syncRequest` takes. */
export type SyncRequestOptions<N extends SyncRouteName, V extends SyncRouteVersion<N>> = {
  /** `"<page>/<route>"`, as in the folders of the server. */
  name: N;
  version: V;
  /** The code of the room whose members hear of it. This page has to be in it. */
  receiver: string;
  /** The session that asks, with all its tabs, gets no delivery. Default: false. */
  ignoreSelf?: boolean;
  /**
   * Milliseconds until it settles with `sync.requestTimeout` and is cancelled on the server, the
   * wait for a connection included unless `offlineQueue.maxAgeMs` says how long that may be.
   * Default: 30 000. `Infinity` waits for ever.
   */
  timeoutMs?: number;
  /** What becomes of it without a connection, where that differs from `initSync`'s `offlineQueue`. */
  offline?: SyncRequestOffline;
  /** How it is sent, where that differs from `initSync`'s `transport`. */
  transport?: SyncTransport;
  /** Aborting settles it with `request.aborted` and cancels it on the server. */
  signal?: AbortSignal;
  /** Hears each payload that the handler streams to the page that asked. */
  onStream?: [SyncServerStream<N, V>] extends [never]
    ? NoStream
    : (payload: SyncServerStream<N, V>) => void;
} & DataField<SyncRequestData<N, V>>;

/** What `syncRequest` resolves with. */
export type SyncResponse<N extends SyncRouteName, V extends SyncRouteVersion<N>> =
  | { status: "success"; message: string; result: SyncServerOutput<N, V> }
  | SyncError<SyncRouteErrorCode<N, V>>;

// `in out` on the interfaces below spares the compiler from working out how they vary with their
// route, for which it would visit all routes: without it a completion in a callback takes seconds.

/** A delivery, as it should be. */
export interface SyncDelivered<in out N extends SyncRouteName, in out V extends SyncRouteVersion<N>> {
  status: "success";
  /** `sync/<page>/<route>/v<N>`. */
  fullName: string;
  message: string;
  serverOutput: SyncServerOutput<N, V>;
  /** Of the `_client` file, made for this recipient; only `status` when the route has none. */
  clientOutput: SyncClientOutput<N, V>;
  /** Only on routes with history. */
  room?: string;
  /** Only on routes with history. */
  offset?: string;
}

/**
 * The route's `_client` file refused this recipient, or failed for it. Both outputs then hold the
 * error, so that a callback may look at `status` or at `serverOutput.status`, as it likes.
 */
export interface SyncRefused<in out N extends SyncRouteName, in out V extends SyncRouteVersion<N>>
  extends SyncError<SyncRouteErrorCode<N, V>> {
  fullName: string;
  serverOutput: SyncError<SyncRouteErrorCode<N, V>>;
  clientOutput: SyncError<SyncRouteErrorCode<N, V>>;
  room?: string;
  offset?: string;
}

/** What a callback gets. `status` tells the two apart, and so does `serverOutput.status`. */
export type SyncDelivery<N extends SyncRouteName, V extends SyncRouteVersion<N>> =
  | SyncDelivered<N, V>
  | SyncRefused<N, V>;

/** What a stream callback gets. */
export interface SyncStreamFrame<in out N extends SyncRouteName, in out V extends SyncRouteVersion<N>> {
  status: "stream";
  /** `sync/<page>/<route>/v<N>`. */
  fullName: string;
  stream: SyncStream<N, V>;
}

/** What `upsertSyncEventCallback` takes. */
export interface SyncEventSubscription<N extends SyncRouteName, V extends SyncRouteVersion<N>> {
  name: N;
  version: V;
  callback: (delivery: SyncDelivered<N, V> | SyncRefused<N, V>) => void;
  /** A later registration with the same key on the same route takes the place of this one. */
  key?: string;
}

/** What `upsertSyncEventStreamCallback` takes. */
export interface SyncEventStreamSubscription<
  N extends SyncRouteName,
  V extends SyncRouteVersion<N>,
> {
  name: N;
  version: V;
  callback: [SyncStream<N, V>] extends [never]
    ? NoStream
    : (frame: SyncStreamFrame<N, V>) => void;
  /** As in `SyncEventSubscription`. */
  key?: string;
}

/** What `joinRoom`, `leaveRoom` and `getJoinedRooms` resolve with. */
export type SyncRoomsResponse = { status: "success"; rooms: string[] } | SyncError;
