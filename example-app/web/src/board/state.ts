/**
 * What the board is: as the server last said, with the events since. Pure functions; `useBoard` feeds
 * them, and puts the changes of this page that are not confirmed yet on top with `applyChange`.
 */
import type { Board } from "../api";
import type { Card } from "../sync.gen";

/** Where a card goes: above another one, or to the end of the lane. */
export interface Place {
  cardId: string;
  toLane: string;
  beforeCardId: string | null;
}

/** What the members of the board's room hear, and what a change of this page will be. */
export type BoardEvent =
  | { type: "moved"; place: Place; by: string }
  | { type: "created"; card: Card }
  | { type: "edited"; cardId: string; title: string }
  | { type: "deleted"; cardId: string; by: string }
  | { type: "renamed"; title: string };

export interface BoardState {
  /** `null` until it is loaded for the first time. */
  board: Board | null;
  /** Why the last attempt to load it failed. */
  failure: { errorCode: string; message: string } | null;
  /** Which attempt is under way, so that only the latest counts; 0 for none. */
  loading: number;
  /** Events since that attempt began: what it brings may be older than they are. */
  meanwhile: BoardEvent[];
}

export type BoardAction =
  | { type: "load"; attempt: number }
  | { type: "loaded"; attempt: number; board: Board }
  | { type: "loadFailed"; attempt: number; failure: { errorCode: string; message: string } }
  | { type: "heard"; event: BoardEvent };

export const emptyState: BoardState = {
  board: null,
  failure: null,
  loading: 0,
  meanwhile: [],
};

export function reduce(state: BoardState, action: BoardAction): BoardState {
  switch (action.type) {
    case "load":
      return { ...state, loading: action.attempt, meanwhile: [] };
    case "loaded":
      if (action.attempt !== state.loading) return state;
      return {
        board: state.meanwhile.reduce(applyEvent, action.board),
        failure: null,
        loading: 0,
        meanwhile: [],
      };
    case "loadFailed":
      if (action.attempt !== state.loading) return state;
      return { ...state, loading: 0, meanwhile: [], failure: action.failure };
    case "heard":
      return {
        ...state,
        board: state.board && applyEvent(state.board, action.event),
        meanwhile: state.loading ? [...state.meanwhile, action.event] : [],
      };
  }
}

/** The board, if it is there, with a change of this page that the server has not confirmed. */
export function applyChange(board: Board | null, change: BoardEvent): Board | null {
  return board && applyEvent(board, change);
}

/** The ids of the cards that the server has not made yet. It will give them others. */
export function newCardsOf(pending: readonly BoardEvent[]): ReadonlySet<string> {
  return new Set(pending.flatMap((change) => (change.type === "created" ? [change.card.id] : [])));
}

/** The cards with one of them moved. */
export function placeCard(cards: Card[], { cardId, toLane, beforeCardId }: Place): Card[] {
  const card = cards.find((one) => one.id === cardId);
  if (!card || beforeCardId === cardId) return cards;
  const others = cards.filter((one) => one.id !== cardId);
  const moved = { ...card, laneId: toLane };
  const before = others.findIndex((one) => one.id === beforeCardId && one.laneId === toLane);
  // The order counts within a lane only, so the end of all is the end of its lane.
  return before < 0 ? [...others, moved] : others.toSpliced(before, 0, moved);
}

/** Where a card is now. */
export function placeOf(cards: Card[], cardId: string): Place | null {
  const card = cards.find((one) => one.id === cardId);
  if (!card) return null;
  const lane = cards.filter((one) => one.laneId === card.laneId);
  const next = lane[lane.indexOf(card) + 1];
  return { cardId, toLane: card.laneId, beforeCardId: next?.id ?? null };
}

export function samePlace(a: Place, b: Place): boolean {
  return a.cardId === b.cardId && a.toLane === b.toLane && a.beforeCardId === b.beforeCardId;
}

/** Applying an event twice is the same as once: it may be in what was loaded already. */
function applyEvent(board: Board, event: BoardEvent): Board {
  switch (event.type) {
    case "moved":
      return { ...board, cards: placeCard(board.cards, event.place) };
    case "created":
      if (board.cards.some((card) => card.id === event.card.id)) return board;
      return { ...board, cards: [...board.cards, event.card] };
    case "edited":
      return {
        ...board,
        cards: board.cards.map((card) =>
          card.id === event.cardId ? { ...card, title: event.title } : card,
        ),
      };
    case "deleted":
      return { ...board, cards: board.cards.filter((card) => card.id !== event.cardId) };
    case "renamed":
      return { ...board, title: event.title };
  }
}
