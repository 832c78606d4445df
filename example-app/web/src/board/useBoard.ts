import { syncRequest } from "sync-client";
import { useRoom, useSyncEvents } from "sync-client/react";
import { useCallback, useEffect, useMemo, useReducer, useRef } from "react";
import { getBoard, type User } from "../api";
import { type BoardEvent, emptyState, type Place, reduce, viewOf } from "./state";

/** The room of the board that everybody here shares. */
export const ROOM = "board:demo";

/** An error as `syncRequest` and the API give it. */
export interface Failed {
  errorCode: string;
  message: string;
}

interface Options {
  me: User;
  /** Hears what others did, after it has been put on the board. */
  onEvent: (event: BoardEvent) => void;
  onFailed: (error: Failed) => void;
}

/** The board, kept up to date by the events of its room, and what one can do on it. */
export function useBoard({ me, onEvent, onFailed }: Options) {
  const [state, dispatch] = useReducer(reduce, emptyState);
  const view = useMemo(() => viewOf(state), [state]);
  const room = useRoom(ROOM);

  const attempts = useRef(0);
  const load = useCallback(async () => {
    attempts.current += 1;
    const attempt = attempts.current;
    dispatch({ type: "load", attempt });
    const answer = await getBoard();
    if (answer.status === "success") dispatch({ type: "loaded", attempt, board: answer.body });
    else dispatch({ type: "loadFailed", attempt, failure: answer });
  }, []);

  // At once, to have something to show; and again whenever the room has been joined, for what was
  // missed while it was not.
  const joined = room.status === "joined";
  useEffect(() => void load(), [load]);
  useEffect(() => {
    if (joined) void load();
  }, [load, joined]);

  const hear = (event: BoardEvent) => {
    dispatch({ type: "heard", event, me: me.id });
    onEvent(event);
  };
  useSyncEvents({
    name: "board/moveCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { cardId, toLane, movedBy } = serverOutput;
      hear({ type: "moved", place: { cardId, toLane, beforeCardId: null }, movedBy });
    },
  });
  useSyncEvents({
    name: "board/moveCard",
    version: "v2",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { cardId, toLane, beforeCardId, movedBy } = serverOutput;
      hear({ type: "moved", place: { cardId, toLane, beforeCardId }, movedBy });
    },
  });
  useSyncEvents({
    name: "board/createCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { status: _, ...card } = serverOutput;
      hear({ type: "created", card });
    },
  });
  useSyncEvents({
    name: "board/editCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "edited", cardId: serverOutput.cardId, title: serverOutput.title });
    },
  });
  useSyncEvents({
    name: "board/deleteCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "deleted", cardId: serverOutput.cardId });
    },
  });
  useSyncEvents({
    name: "board/settings/renameBoard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "renamed", title: serverOutput.title });
    },
  });

  const moves = useRef(0);
  /** Shows the card there at once, and puts it back when the server refuses. */
  const move = useCallback(
    async (place: Place) => {
      moves.current += 1;
      const key = moves.current;
      dispatch({ type: "moveStarted", key, place });
      const answer = await requestMove(place);
      if (answer.status === "success") return dispatch({ type: "moveAnswered", key });
      dispatch({ type: "moveFailed", key });
      onFailed(answer);
    },
    [onFailed],
  );

  return { view, failure: state.failure, room, load, move };
}

/**
 * Uses the oldest version that can say it, so that pages which know only version 1 hear of most moves.
 * `ignoreSelf` is left out: this user's other tabs want to see the move too.
 */
function requestMove({ cardId, toLane, beforeCardId }: Place) {
  return beforeCardId === null
    ? syncRequest({
        name: "board/moveCard",
        version: "v1",
        data: { cardId, toLane },
        receiver: ROOM,
      })
    : syncRequest({
        name: "board/moveCard",
        version: "v2",
        data: { cardId, toLane, beforeCardId },
        receiver: ROOM,
      });
}
