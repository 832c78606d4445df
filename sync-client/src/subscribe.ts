/** Subscriptions below their types, for the public functions and for the hooks. */
import { syncClient } from "./client.js";
import type { EventKind } from "./events.js";
import { type Delivery, fullName, typed } from "./wire.js";

export interface Subscription {
  name: string;
  version: string;
  key?: string;
  callback: (delivery: Delivery) => void;
}

/** Gives a typed subscription the one shape that all have at run time. */
export function untyped(subscription: object): Subscription {
  return typed<Subscription>(subscription);
}

/** See `Events.upsert` for `identity`. */
export function subscribe(
  kind: EventKind,
  { name, version, callback }: Subscription,
  identity: unknown,
): () => void {
  return syncClient().events.upsert(kind, fullName(name, version), identity, callback);
}
