import { syncRequest } from "sync-client";
import { useSyncEvents } from "sync-client/react";
import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { ROOM } from "./useBoard";

/** Another member's pointer; `x` and `y` are fractions of the board. */
export interface RemoteCursor {
  userId: string;
  name: string;
  x: number;
  y: number;
  /** `performance.now()` when it last moved. */
  movedAt: number;
}

/** Milliseconds between two messages about this page's pointer. */
const EVERY = 50;
/** A pointer that has not moved for so long is no longer shown, in milliseconds. */
const SHOWN_FOR = 8_000;

/** The pointers of the others, and sending one's own. */
export function useCursors(area: RefObject<HTMLElement | null>, joined: boolean) {
  const [cursors, setCursors] = useState<RemoteCursor[]>([]);

  useSyncEvents({
    name: "board/cursorMove",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { userId, name, x, y } = serverOutput;
      const moved = { userId, name, x, y, movedAt: performance.now() };
      setCursors((now) => [...now.filter((one) => one.userId !== userId), moved]);
    },
  });

  // Looked at once a second, not with a timer for each: they move twenty times a second.
  const [now, setNow] = useState(() => performance.now());
  const someone = cursors.length > 0;
  useEffect(() => {
    if (!someone) return;
    const timer = setInterval(() => {
      const time = performance.now();
      setNow(time);
      setCursors((all) => {
        const shown = all.filter((one) => time - one.movedAt < SHOWN_FOR);
        return shown.length === all.length ? all : shown;
      });
    }, 1_000);
    return () => clearInterval(timer);
  }, [someone]);

  const latest = useRef<{ x: number; y: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  /** For `onPointerMove` of the board. */
  const track = useCallback(
    (event: PointerEvent) => {
      const box = area.current?.getBoundingClientRect();
      if (!joined || !box?.width || !box.height || event.pointerType === "touch") return;
      latest.current = {
        x: fraction(event.clientX - box.left, box.width),
        y: fraction(event.clientY - box.top, box.height),
      };
      if (timer.current !== undefined) return;
      const send = () => {
        timer.current = undefined;
        const data = latest.current;
        latest.current = null;
        if (!data) return;
        timer.current = setTimeout(send, EVERY);
        // One that is lost does no harm: the next is 50 ms away.
        void syncRequest({
          name: "board/cursorMove",
          version: "v1",
          data,
          receiver: ROOM,
          ignoreSelf: true,
          timeoutMs: 2_000,
          offline: "fail",
        });
      };
      send();
    },
    [area, joined],
  );

  return {
    visible: cursors.filter((one) => now - one.movedAt < SHOWN_FOR),
    track,
  };
}

function fraction(part: number, whole: number): number {
  return Math.min(1, Math.max(0, Math.round((part / whole) * 1e4) / 1e4));
}
