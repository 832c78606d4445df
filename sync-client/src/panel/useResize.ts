import { type KeyboardEvent, type PointerEvent, useEffect, useState } from "react";
import { recall, remember } from "./memory.js";

const LEAST = 160;
const STEP = 24;
const most = () => Math.max(LEAST, window.innerHeight - 40);
const within = (height: number) => Math.min(most(), Math.max(LEAST, height));

/** The height of the panel, and the handle by which it is pulled: with a pointer or with the arrow keys. */
export function useResize() {
  const [height, setHeight] = useState(() => within(recall("height", Math.round(window.innerHeight * 0.45))));
  useEffect(() => remember("height", height), [height]);
  useEffect(() => {
    const fit = () => setHeight(within);
    window.addEventListener("resize", fit);
    return () => window.removeEventListener("resize", fit);
  }, []);

  return {
    height,
    handle: {
      onPointerDown(event: PointerEvent<HTMLElement>) {
        event.currentTarget.setPointerCapture(event.pointerId);
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        setHeight(within(window.innerHeight - event.clientY));
      },
      onKeyDown(event: KeyboardEvent) {
        const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        setHeight((now) => within(now + by));
      },
    },
  };
}
