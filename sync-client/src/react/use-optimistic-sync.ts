import { useMemo, useState } from "react";
import type {
  SyncRequestOptions,
  SyncResponse,
  SyncRouteName,
  SyncRouteVersion,
  SyncServerOutput,
} from "../index.js";
import { typed } from "../wire.js";
import { createChanges } from "./changes.js";
import { useCommitEffect } from "./commit.js";

/** A request, and what it changes on the page until the server has its say. */
export type SyncChangeOptions<N extends SyncRouteName, V extends SyncRouteVersion<N>, Change> = SyncRequestOptions<
  N,
  V
> & {
  /** What is shown at once. */
  change: Change;
  /**
   * Puts the answer into the base, where no delivery does: with `ignoreSelf`, or on a page that is
   * not in the room. The change is confirmed with it, in the same render.
   */
  commit?: (result: SyncServerOutput<N, V>) => void;
};

/** What `useOptimisticSync` gives. */
export interface OptimisticSync<State, Change> {
  /** The base with the changes that are not confirmed yet. */
  state: State;
  /** Those changes, in the order they were made. */
  pending: readonly Change[];
  /** As `syncRequest`, and shows `change` from now until it is confirmed or refused. Stays the same function. */
  request<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
    options: SyncChangeOptions<N, V, Change>,
  ): Promise<SyncResponse<N, V>>;
  /**
   * To be called with a base that was loaded anew: it has what was answered by now, and a delivery
   * that was missed will not come. Stays the same function.
   */
  rebase(): void;
}

/**
 * Shows what a request will change before the server has answered, on top of a state that the
 * component keeps: `base`, to which it applies what it hears from the room, of others and of itself.
 *
 * A change that the server refuses is gone at once, and what is left is the base as it is by then.
 * One that it accepts stays on top until its own delivery is heard, which has put it into the base,
 * in the order of the room; so nothing jumps. Deliveries of others that come in between change the
 * base below it. `apply` must return the state as it is for a change that no longer fits.
 */
export function useOptimisticSync<State, Change>(
  base: State,
  apply: (state: State, change: Change) => State,
): OptimisticSync<State, Change> {
  const [pending, show] = useState<readonly Change[]>([]);
  const [changes] = useState(() => createChanges<Change>());
  useCommitEffect(() => changes.mount(show), [changes]);
  const state = useMemo(() => pending.reduce(apply, base), [base, pending, apply]);
  // The one place where the types of the routes are put on.
  const request = typed<OptimisticSync<State, Change>["request"]>(changes.request);
  return { state, pending, request, rebase: changes.rebase };
}
