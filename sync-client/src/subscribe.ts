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

/** Takes a subscription of any route. See `Events.upsert` for `identity`. */
export function subscribe(kind: EventKind, subscription: object, identity?: unknown): () => void {
  const { name, version, key, callback } = typed<Subscription>(subscription);
  return syncClient().events.upsert(kind, fullName(name, version), identity ?? key ?? callback, callback);
}
