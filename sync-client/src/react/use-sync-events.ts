import { useState } from "react";
import type { EventKind } from "../events.js";
import type {
  SyncDelivery,
  SyncEventSubscription,
  SyncRouteName,
  SyncRouteVersion,
  upsertSyncEventCallback,
  upsertSyncEventStreamCallback,
} from "../index.js";
import { subscribe, type Subscription } from "../subscribe.js";
import { typed } from "../wire.js";
import { useCommitEffect, useLatest } from "./commit.js";

/** The registering functions, bound to a component. */
export interface SyncEventRegistrars {
  upsertSyncEventCallback: typeof upsertSyncEventCallback;
  upsertSyncEventStreamCallback: typeof upsertSyncEventStreamCallback;
}

/**
 * `upsertSyncEventCallback` and `upsertSyncEventStreamCallback` for a component: each keeps one
 * callback for a route (or for a route and a `key`), the latest, and all end with the component.
 * The functions stay the same from render to render. Call them in an effect.
 */
export function useSyncEvents(): SyncEventRegistrars;
/**
 * Calls `callback` for every delivery of a route while the component is mounted. It is always the
 * one of the latest render, and needs no `useCallback`.
 */
export function useSyncEvents<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  subscription: SyncEventSubscription<N, V>,
): SyncEventRegistrars;
export function useSyncEvents<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  subscription?: SyncEventSubscription<N, V>,
): SyncEventRegistrars {
  const [scope] = useState(createScope);
  useCommitEffect(scope.mount, [scope]);

  const latest = useLatest(subscription?.callback);
  const { name, version } = subscription ?? {};
  useCommitEffect(() => {
    if (name === undefined || version === undefined) return;
    const callback = (delivery: SyncDelivery<N, V>) => latest.current?.(delivery);
    return subscribe("delivery", { name, version, callback });
  }, [name, version, latest]);

  return scope.registrars;
}

interface Scope {
  registrars: SyncEventRegistrars;
  mount(): () => void;
}

interface Kept {
  register(): () => void;
  /** Does no harm a second time. */
  end(): void;
}

function createScope(): Scope {
  const kept = new Map<string, Kept>();
  let mounted = false;

  function keep(kind: EventKind, subscription: object): () => void {
    const { name, version, key = "" } = typed<Subscription>(subscription);
    const slot = [kind, name, version, key].join(" ");
    kept.get(slot)?.end();
    // An identity of its own: components must not replace each other's callbacks.
    const register = () => subscribe(kind, subscription, {});
    const entry: Kept = { register, end: mounted ? register() : () => {} };
    kept.set(slot, entry);
    return () => {
      entry.end();
      if (kept.get(slot) === entry) kept.delete(slot);
    };
  }

  return {
    registrars: {
      upsertSyncEventCallback: (subscription) => keep("delivery", subscription),
      upsertSyncEventStreamCallback: (subscription) => keep("stream", subscription),
    },
    mount() {
      mounted = true;
      for (const entry of kept.values()) entry.end = entry.register();
      return () => {
        mounted = false;
        for (const entry of kept.values()) entry.end();
      };
    },
  };
}
