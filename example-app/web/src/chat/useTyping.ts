import { syncRequest } from "sync-client";
import { useSyncEvents } from "sync-client/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { ROOM } from "./useChat";

/** Milliseconds between two messages that this page's user is writing. */
const EVERY = 2_000;
/** Milliseconds for which somebody is shown to be writing. */
const SHOWN_FOR = 4_500;

/** Who is writing, by user id, and telling the others that one is. */
export function useTyping() {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const running = timers.current;
    return () => {
      for (const timer of running.values()) clearTimeout(timer);
    };
  }, []);

  const forget = useCallback((userId: string) => {
    clearTimeout(timers.current.get(userId));
    setNames((now) => {
      if (!now.has(userId)) return now;
      const next = new Map(now);
      next.delete(userId);
      return next;
    });
  }, []);

  useSyncEvents({
    name: "chat/typing",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { userId, name } = serverOutput;
      setNames((now) => new Map(now).set(userId, name));
      clearTimeout(timers.current.get(userId));
      timers.current.set(userId, setTimeout(() => forget(userId), SHOWN_FOR));
    },
  });
  // Who has said it is not writing it any more.
  useSyncEvents({
    name: "chat/say",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status === "success") forget(serverOutput.userId);
    },
  });

  const toldAt = useRef(-Infinity);
  const tell = useCallback(() => {
    const now = performance.now();
    if (now - toldAt.current < EVERY) return;
    toldAt.current = now;
    // One that is lost does no harm: the next is two seconds away.
    void syncRequest({
      name: "chat/typing",
      version: "v1",
      receiver: ROOM,
      ignoreSelf: true,
      timeoutMs: EVERY,
      offline: "fail",
    });
  }, []);

  return { typing: [...names.values()], tell };
}
