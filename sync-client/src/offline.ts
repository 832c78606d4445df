/** What `initSync` and a request say of the time without a connection. */
import type { SyncDropPolicy } from "./outbox.js";
import { callSafely } from "./signal.js";
import type { Answer, KeptPacket } from "./wire.js";

/** Who uses the page: an id of the user, or nothing while nobody is logged in. */
export type SyncIdentity = string | null | undefined;

/** Requests that wait while there is no connection. */
export interface SyncOfflineQueue {
  /** How many may wait. Default: 100. */
  maxSize?: number;
  /**
   * Milliseconds a request may wait; then it settles with `offline.dropped`. While it waits, its
   * `timeoutMs` does not run. Left out, the wait is part of `timeoutMs`, after which it settles
   * with `sync.ioUnavailable`.
   */
  maxAgeMs?: number;
  /**
   * What happens to one more when `maxSize` wait. Default: `reject`, and it settles with
   * `offline.queueFull`. `drop-oldest` gives up the one that waits longest, `drop-newest` the one
   * that comes: it settles with `offline.dropped`.
   */
  dropPolicy?: SyncDropPolicy;
  /**
   * The id of the user as the server has it (`SessionUser::user_id`), or a function that gives the current
   * one. What waits goes on waiting across `reconnectSync` only for the same user; without an identity it is
   * given up there. Requests say whose they are, and the server refuses those of somebody else.
   */
  identity?: SyncIdentity | (() => SyncIdentity);
  /** Keeps what waits across reloads of the page: `indexedDbQueue()` of `sync-client/persist`. Needs `identity`. */
  persist?: SyncOfflineStore;
}

/**
 * What one request wants while there is no connection: `queue` waits as `initSync` says, `fail`
 * settles with `sync.ioUnavailable` and is not sent a second time; or what differs from `initSync`.
 */
export type SyncRequestOffline =
  | "queue"
  | "fail"
  | {
      maxAgeMs?: number;
      dropPolicy?: SyncDropPolicy;
      /** `false` does not keep this one across a reload. */
      persist?: boolean;
    };

/** A request as it is kept: what is sent, and since when. */
export interface SyncKeptRequest {
  /** What goes over the wire. Its `requestId` is the same each time, so that it runs once. */
  packet: KeptPacket;
  identity: string;
  /** Milliseconds since 1970. */
  askedAt: number;
  /** When it was sent for the first time; it may have run since. */
  sentAt?: number | undefined;
  /** When it is given up, in milliseconds since 1970. */
  expiresAt: number;
}

/** Where requests are kept across reloads. None of its functions may throw. */
export interface SyncOfflineStore {
  /**
   * Takes over what earlier pages left for this user, oldest first, and forgets what they left for
   * others.
   */
  take(identity: string): Promise<SyncKeptRequest[]>;
  /** Keeps a request, or its newer state. */
  put(request: SyncKeptRequest): void;
  /** It has settled. */
  remove(requestId: string): void;
  /** How a request that was taken over has settled. */
  settled(request: SyncKeptRequest, answer: Answer): void;
}

/** All that holds for one request, from `initSync` and its own options. */
export interface OfflineRules {
  waits: boolean;
  maxSize: number;
  maxAgeMs: number | undefined;
  dropPolicy: SyncDropPolicy;
  identity: string | undefined;
  store: SyncOfflineStore | undefined;
}

export function offlineRules(
  queue: SyncOfflineQueue = {},
  request: SyncRequestOffline = "queue",
): OfflineRules {
  const own = typeof request === "object" ? request : {};
  const identity = currentIdentity(queue);
  return {
    waits: request !== "fail",
    maxSize: queue.maxSize ?? 100,
    maxAgeMs: own.maxAgeMs ?? queue.maxAgeMs,
    dropPolicy: own.dropPolicy ?? queue.dropPolicy ?? "reject",
    identity,
    // What is nobody's could be replayed for anybody.
    store: identity === undefined || own.persist === false ? undefined : queue.persist,
  };
}

export function currentIdentity({ identity }: SyncOfflineQueue = {}): string | undefined {
  let current: SyncIdentity;
  callSafely(() => {
    current = typeof identity === "function" ? identity() : identity;
  });
  return current || undefined;
}
