/** What the hooks do when React commits, rather than when it renders. */
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/**
 * An effect that ends at once when the component goes, not when the browser is idle: no callback
 * after unmounting. Rendering on a server has no layout, and React 18 warns of it.
 */
export const useCommitEffect = typeof window === "undefined" ? useEffect : useLayoutEffect;

/** The value of the latest render that was committed. One that was given up is never seen. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useCommitEffect(() => {
    latest.current = value;
  });
  return latest;
}

/** Whether the component is there. StrictMode takes each away once and brings it back. */
export function useMounted(): RefObject<boolean> {
  const mounted = useRef(false);
  useCommitEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  return mounted;
}
