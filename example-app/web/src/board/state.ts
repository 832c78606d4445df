/**
 * What the board looks like: as the server last said, with the events since, and on top of that the
 * moves of this page that are not confirmed yet. Pure functions; `useBoard` feeds them.
 */
import type { Board } from "../api";
import type { Card } from "../sync.gen";

/** Where a card goes: above another one, or to the end of the lane. */
export interface Place {
  cardId: string;
  toLane: string;
  beforeCardId: string | null;
}

/** What the members of the board's room hear. */
export type BoardEvent =
  | { type: "moved"; place: Place; movedBy: string }
  | { type: "created"; card: Card }
  | { type: "edited"; cardId: string; title: string }
  | { type: "deleted"; cardId: string }
  | { type: "renamed"; title: string };

interface PendingMove {
  key: number;
  place: Place;
  /** The server has said yes; the delivery that makes it part of the board is on its way. */
  answered: boolean;
}

export interface BoardState {
  /** Without this page's pending moves. `null` until it is loaded for the first time. */
  board: Board | null;
  /** Why the last attempt to load it failed. */
  failure: { errorCode: string; message: string } | null;
  /** Which attempt is under way, so that only the latest counts; 0 for none. */
  loading: number;
  /** Events since that attempt began: what it brings may be older than they are. */
  meanwhile: BoardEvent[];
  pending: PendingMove[];
}

export type BoardAction =
  | { type: "load"; attempt: number }
  | { type: "loaded"; attempt: number; board: Board }
  | { type: "loadFailed"; attempt: number; failure: { errorCode: string; message: string } }
  | { type: "heard"; event: BoardEvent; me: string }
  | { type: "moveStarted"; key: number; place: Place }
  | { type: "moveAnswered"; key: number }
  | { type: "moveFailed"; key: number };

export const emptyState: BoardState = {
  board: null,
  failure: null,
  loading: 0,
  meanwhile: [],
  pending: [],
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
        // Its answer is in what was loaded; its delivery may have been missed.
        pending: state.pending.filter((move) => !move.answered),
      };
    case "loadFailed":
      if (action.attempt !== state.loading) return state;
      return { ...state, loading: 0, meanwhile: [], failure: action.failure };
    case "heard":
      return {
        ...state,
        board: state.board && applyEvent(state.board, action.event),
        meanwhile: state.loading ? [...state.meanwhile, action.event] : [],
        pending: withoutConfirmed(state.pending, action.event, action.me),
      };
    case "moveStarted":
      return {
        ...state,
        pending: [...state.pending, { key: action.key, place: action.place, answered: false }],
      };
    case "moveAnswered":
      return {
        ...state,
        pending: state.pending.map((move) =>
          move.key === action.key ? { ...move, answered: true } : move,
        ),
      };
    case "moveFailed":
      return { ...state, pending: state.pending.filter((move) => move.key !== action.key) };
  }
}

/** The board with this page's pending moves. */
export function viewOf(state: BoardState): Board | null {
  if (!state.board) return null;
  const { pending } = state;
  if (pending.length === 0) return state.board;
  const cards = pending.reduce((now, move) => placeCard(now, move.place), state.board.cards);
  return { ...state.board, cards };
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

function withoutConfirmed(pending: PendingMove[], event: BoardEvent, me: string): PendingMove[] {
  if (event.type !== "moved" || event.movedBy !== me) return pending;
  const confirmed = pending.findIndex((move) => samePlace(move.place, event.place));
  return confirmed < 0 ? pending : pending.toSpliced(confirmed, 1);
}
