import { syncRequest } from "sync-client";
import { useRoom, useSyncEvents } from "sync-client/react";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { type User, getChat } from "../api";
import type { Failed } from "../failed";
import { KEPT, OF_THIS_PAGE } from "../queue";
import type { Message } from "../sync.gen";
import { useGap } from "../useGap";
import { emptyState, reduce } from "./state";

/** The room of everybody in the chat. */
export const ROOM = "chat:lobby";

/** Milliseconds for which an answer is waited for: somewhat longer than the server lets one take. */
const ANSWERED_WITHIN = 320_000;

interface Options {
  me: User;
  onFailed: (error: Failed) => void;
  /** Hears every message that comes while the page is open. */
  onMessage: (message: Message) => void;
}

/** How a question ends that one has stopped oneself, here or on another page. */
const STOPPED = new Set<string>(["request.aborted", "chat.stopped"]);

export type ChatHook = ReturnType<typeof useChat>;

/** The chat, kept up to date by the events of its room, and what one can say in it. */
export function useChat({ me, onFailed, onMessage }: Options) {
  const [state, dispatch] = useReducer(reduce, emptyState);
  const room = useRoom(ROOM);
  const joined = room.status === "joined";

  const attempts = useRef(0);
  const load = useCallback(async () => {
    attempts.current += 1;
    const attempt = attempts.current;
    dispatch({ type: "load", attempt });
    const answer = await getChat();
    if (answer.status === "error") dispatch({ type: "loadFailed", attempt, failure: answer });
    else dispatch({ type: "loaded", attempt, chat: answer.body });
  }, []);

  // At once, to have something to show; and again whenever the room has been joined, for what was missed
  // while it was not. What was missed of a running answer comes by itself.
  useEffect(() => void load(), [load]);
  useEffect(() => {
    if (joined) void load();
    else dispatch({ type: "away" });
  }, [load, joined]);

  useGap(ROOM, load);

  useSyncEvents({
    name: "chat/say",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { status: _, ...message } = serverOutput;
      dispatch({ type: "said", message });
      onMessage(message);
    },
  });
  useSyncEvents({
    name: "chat/answering",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { status: _, ...answering } = serverOutput;
      dispatch({ type: "begun", answering });
    },
  });
  const { upsertSyncEventStreamCallback } = useSyncEvents();
  useEffect(
    () =>
      upsertSyncEventStreamCallback({
        name: "chat/sendMessage",
        version: "v1",
        callback: ({ stream }) => dispatch({ type: "chunk", chunk: stream.chunk }),
      }),
    [upsertSyncEventStreamCallback],
  );

  /** Resolves with whether it was said. */
  const say = useCallback(
    async (text: string, toAssistant: boolean) => {
      const data = { text, toAssistant };
      // A question that is said by a later page would be left without its answer.
      const offline = toAssistant ? OF_THIS_PAGE : KEPT;
      const answer = await syncRequest({ name: "chat/say", version: "v1", data, receiver: ROOM, offline });
      if (answer.status === "error") onFailed(answer);
      return answer.status === "success";
    },
    [onFailed],
  );

  const [asking, setAsking] = useState<AbortController | null>(null);
  /** Resolves with whether the question was said; the answer comes as it comes. */
  const ask = useCallback(
    async (text: string) => {
      if (!(await say(text, true))) return false;
      const controller = new AbortController();
      setAsking(controller);
      const asked = syncRequest({
        name: "chat/sendMessage",
        version: "v1",
        data: { text },
        receiver: ROOM,
        offline: OF_THIS_PAGE,
        signal: controller.signal,
        timeoutMs: ANSWERED_WITHIN,
      });
      void asked.then((answer) => {
        setAsking((now) => (now === controller ? null : now));
        if (answer.status === "error" && !STOPPED.has(answer.errorCode)) onFailed(answer);
      });
      return true;
    },
    [say, onFailed],
  );
  const answering = state.live?.answering ?? null;
  const own = answering?.userId === me.id ? answering.messageId : null;
  const stop = useCallback(async () => {
    if (asking) return asking.abort();
    if (own === null) return;
    // Asked before this page was loaded, or on another one.
    const answer = await syncRequest({
      name: "chat/stopAnswer",
      version: "v1",
      data: { messageId: own },
      receiver: ROOM,
      offline: OF_THIS_PAGE,
    });
    if (answer.status === "error" && answer.errorCode !== "chat.noAnswer") onFailed(answer);
  }, [asking, own, onFailed]);

  return {
    messages: state.messages,
    live: state.live,
    failure: state.failure,
    room,
    load,
    say,
    ask,
    /** Stops the answer to one's own question; `null` when there is none. */
    stop: asking !== null || own !== null ? () => void stop() : null,
  };
}
