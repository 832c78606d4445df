import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to the end, in pixels, counts as there: half a line, and what zooming rounds. */
const NEAR = 24;

/**
 * Keeps a scroller at its end while things are added to it, unless one has scrolled away to read
 * something else.
 */
export function useStickToEnd(contents: readonly unknown[]) {
  const scroller: RefObject<HTMLDivElement | null> = useRef(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      sticks.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      setAtEnd(sticks.current);
    };
    // The keyboard of a phone, and a window that is made narrower, change what the end is.
    const resized = new ResizeObserver(() => {
      if (sticks.current) element.scrollTop = element.scrollHeight;
    });
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && sticks.current) element.scrollTop = element.scrollHeight;
  }, contents);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    element?.scrollTo({ top: element.scrollHeight, behavior: "smooth" });
  }, []);

  return { scroller, isAtEnd, toEnd };
}
