/** What the hooks do when React commits, rather than when it renders. */
import { type RefObject, useInsertionEffect, useRef } from "react";

/**
 * An effect from the moment a component is committed to the moment it goes. It begins before any
 * effect of the app, and ends before the component's removal is done: no callback after unmounting.
 * It lasts while Suspense hides the component, which ends layout effects: a state that is kept by
 * deliveries must not miss those of that time. It must not set state.
 */
export const useCommitEffect = useInsertionEffect;

/** The value of the latest render that was committed. One that was given up is never seen. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useCommitEffect(() => {
    latest.current = value;
  });
  return latest;
}
