import { useOptimisticSync, useRoom } from "sync-client/react";
import { useCallback, useEffect, useMemo, useReducer, useRef } from "react";
import { getBoard, type User } from "../api";
import type { Failed } from "../failed";
import { KEPT } from "../queue";
import { useGap } from "../useGap";
import { applyChange, type BoardEvent, emptyState, newCardsOf, type Place, reduce } from "./state";
import { useBoardEvents } from "./useBoardEvents";

/** The room of the board that everybody here shares. */
export const ROOM = "board:demo";

interface Options {
  me: User;
  /** Hears what others did, after it has been put on the board. */
  onEvent: (event: BoardEvent) => void;
  onFailed: (error: Failed) => void;
}

/** What one can do to the board. It is shown at once, and taken back when the server refuses. */
export interface BoardActions {
  move(place: Place): void;
  /** Resolves with whether the card is there. */
  create(card: { title: string; laneId: string; privateNotes: string }): Promise<boolean>;
  edit(card: { cardId: string; title: string; privateNotes: string }): Promise<Failed | null>;
  remove(cardId: string): void;
  rename(title: string): void;
}

/** For ids that cards have on this page until the server gives them theirs. */
let newCardNumber = 0;

/** The board, kept up to date by the events of its room, and what one can do on it. */
export function useBoard({ me, onEvent, onFailed }: Options) {
  const [state, dispatch] = useReducer(reduce, emptyState);
  const { state: view, pending, request, rebase } = useOptimisticSync(state.board, applyChange);
  const newCards = useMemo(() => newCardsOf(pending), [pending]);
  const room = useRoom(ROOM);

  const attempts = useRef(0);
  const load = useCallback(async () => {
    attempts.current += 1;
    const attempt = attempts.current;
    dispatch({ type: "load", attempt });
    const answer = await getBoard();
    if (answer.status === "error") return dispatch({ type: "loadFailed", attempt, failure: answer });
    dispatch({ type: "loaded", attempt, board: answer.body });
    if (attempt === attempts.current) rebase();
  }, [rebase]);

  // At once, to have something to show; and again whenever the room has been joined, for what was
  // missed while it was not.
  const joined = room.status === "joined";
  useEffect(() => void load(), [load]);
  useEffect(() => {
    if (joined) void load();
  }, [load, joined]);

  useGap(ROOM, load);

  useBoardEvents((event) => {
    dispatch({ type: "heard", event });
    onEvent(event);
  });

  const actions = useMemo<BoardActions>(() => {
    // `ignoreSelf` is left out of all requests: this user's other tabs want to see the change too.
    const toRoom = { version: "v1", receiver: ROOM, offline: KEPT } as const;
    const check = <A extends { status: "success" } | ({ status: "error" } & Failed)>(answer: A): A => {
      if (answer.status === "error") onFailed(answer);
      return answer;
    };
    return {
      move(place) {
        const { cardId, toLane, beforeCardId } = place;
        const change: BoardEvent = { type: "moved", place, by: me.id };
        // The oldest version that can say it, so that pages which know only version 1 hear of most moves.
        const answer =
          beforeCardId === null
            ? request({ ...toRoom, name: "board/moveCard", data: { cardId, toLane }, change })
            : request({
                ...toRoom,
                name: "board/moveCard",
                version: "v2",
                data: { cardId, toLane, beforeCardId },
                change,
              });
        void answer.then(check);
      },
      async create(data) {
        const { title, laneId } = data;
        newCardNumber += 1;
        const card = { id: `new-${newCardNumber}`, title, laneId, ownerId: me.id, ownerName: me.name };
        const change: BoardEvent = { type: "created", card };
        const answer = check(await request({ ...toRoom, name: "board/createCard", data, change }));
        return answer.status === "success";
      },
      async edit(data) {
        const { cardId, title } = data;
        const change: BoardEvent = { type: "edited", cardId, title };
        const answer = await request({ ...toRoom, name: "board/editCard", data, change });
        return answer.status === "error" ? answer : null;
      },
      remove(cardId) {
        const change: BoardEvent = { type: "deleted", cardId, by: me.id };
        void request({ ...toRoom, name: "board/deleteCard", data: { cardId }, change }).then(check);
      },
      rename(title) {
        const change: BoardEvent = { type: "renamed", title };
        void request({ ...toRoom, name: "board/settings/renameBoard", data: { title }, change }).then(check);
      },
    };
  }, [request, onFailed, me.id, me.name]);

  return { view, newCards, waiting: pending.length, failure: state.failure, room, load, actions };
}
