import { describe, expect, test } from "vitest";
import type { Board } from "../api";
import {
  applyChange,
  type BoardAction,
  type BoardEvent,
  type BoardState,
  emptyState,
  newCardsOf,
  type Place,
  placeOf,
  reduce,
} from "./state";

const card = (id: string, laneId: string) => ({
  id,
  laneId,
  title: id,
  ownerId: "ada",
  ownerName: "Ada",
});

/** Two lanes: `a` with 1, 2, 3 and `b` with 4. */
const board: Board = {
  room: "board:demo",
  title: "Board",
  lanes: [
    { id: "a", title: "A" },
    { id: "b", title: "B" },
  ],
  cards: [card("1", "a"), card("2", "a"), card("3", "a"), card("4", "b")],
};

const place = (cardId: string, toLane: string, beforeCardId: string | null = null): Place => ({
  cardId,
  toLane,
  beforeCardId,
});
const moved = (where: Place, by = "lin"): BoardEvent => ({ type: "moved", place: where, by });
const heard = (event: BoardEvent): BoardAction => ({ type: "heard", event });

function after(...actions: BoardAction[]): BoardState {
  const loaded: BoardAction[] = [
    { type: "load", attempt: 1 },
    { type: "loaded", attempt: 1, board },
  ];
  return [...loaded, ...actions].reduce(reduce, emptyState);
}

/** `"a: 1 2 3, b: 4"`, with what this page has changed and the server has not confirmed. */
function look(state: BoardState, ...pending: BoardEvent[]): string {
  const { lanes, cards } = pending.reduce(applyChange, state.board) ?? { lanes: [], cards: [] };
  const inLane = (id: string) => cards.filter((one) => one.laneId === id).map((one) => one.id);
  return lanes.map((lane) => [`${lane.id}:`, ...inLane(lane.id)].join(" ")).join(", ");
}

describe("changes of this page", () => {
  test("are seen before they are part of the board", () => {
    expect(look(after(), moved(place("1", "b"), "me"))).toBe("a: 2 3, b: 4 1");
    expect(look(after(), { type: "created", card: card("new", "b") })).toBe("a: 1 2 3, b: 4 new");
    expect(look(after(), { type: "deleted", cardId: "2", by: "me" })).toBe("a: 1 3, b: 4");
  });

  test("are on top of what others do meanwhile", () => {
    const meanwhile = heard(moved(place("1", "a", "3")));
    expect(look(after(meanwhile), moved(place("1", "b"), "me"))).toBe("a: 2 3, b: 4 1");
    expect(look(after(meanwhile))).toBe("a: 2 1 3, b: 4");
  });

  test("that no longer fit change nothing", () => {
    const gone = after(heard({ type: "deleted", cardId: "1", by: "lin" }));
    expect(look(gone, moved(place("1", "b"), "me"))).toBe("a: 2 3, b: 4");
    expect(look(gone, { type: "edited", cardId: "1", title: "One" })).toBe("a: 2 3, b: 4");
  });

  test("of a card that the server has not made yet are known", () => {
    const made: BoardEvent = { type: "created", card: card("new", "b") };
    expect([...newCardsOf([moved(place("1", "b")), made])]).toEqual(["new"]);
  });
});

describe("loading", () => {
  test("keeps what is heard while it is under way", () => {
    const state = after(
      { type: "load", attempt: 2 },
      heard(moved(place("2", "b", "4"))),
      heard({ type: "created", card: card("5", "a") }),
      { type: "loaded", attempt: 2, board: { ...board, cards: [...board.cards, card("5", "a")] } },
    );
    expect(look(state)).toBe("a: 1 3 5, b: 2 4");
  });

  test("takes the latest attempt only", () => {
    const state = after(
      { type: "load", attempt: 2 },
      { type: "load", attempt: 3 },
      { type: "loaded", attempt: 3, board: { ...board, title: "New" } },
      { type: "loaded", attempt: 2, board: { ...board, title: "Old" } },
    );
    expect(state.board?.title).toBe("New");
  });

  test("that fails leaves the board as it was", () => {
    const failure = { errorCode: "network.unreachable", message: "" };
    const state = after({ type: "load", attempt: 2 }, { type: "loadFailed", attempt: 2, failure });
    expect(look(state)).toBe("a: 1 2 3, b: 4");
    expect(state.failure).toEqual(failure);
  });
});

test("a card knows its place", () => {
  expect(placeOf(board.cards, "1")).toEqual(place("1", "a", "2"));
  expect(placeOf(board.cards, "3")).toEqual(place("3", "a"));
  expect(placeOf(board.cards, "9")).toBeNull();
});

test("a card put above one that has left the lane goes to its end", () => {
  expect(look(after(heard(moved(place("1", "b", "2")))))).toBe("a: 2 3, b: 4 1");
});
