import { describe, expect, test } from "vitest";
import type { Board } from "../api";
import {
  type BoardAction,
  type BoardEvent,
  type BoardState,
  emptyState,
  type Place,
  placeOf,
  reduce,
  viewOf,
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
const moved = (where: Place, movedBy: string): BoardEvent => ({ type: "moved", place: where, movedBy });
const heard = (event: BoardEvent): BoardAction => ({ type: "heard", event, me: "me" });

function after(...actions: BoardAction[]): BoardState {
  const loaded: BoardAction[] = [
    { type: "load", attempt: 1 },
    { type: "loaded", attempt: 1, board },
  ];
  return [...loaded, ...actions].reduce(reduce, emptyState);
}

/** `"a: 1 2 3, b: 4"` */
function look(state: BoardState): string {
  const { lanes, cards } = viewOf(state) ?? { lanes: [], cards: [] };
  const inLane = (id: string) => cards.filter((one) => one.laneId === id).map((one) => one.id);
  return lanes.map((lane) => [`${lane.id}:`, ...inLane(lane.id)].join(" ")).join(", ");
}

describe("moves of this page", () => {
  const started: BoardAction = { type: "moveStarted", key: 1, place: place("1", "b") };

  test("are seen at once", () => {
    expect(look(after(started))).toBe("a: 2 3, b: 4 1");
  });

  test("are taken back when the server refuses, to where the card is by then", () => {
    expect(look(after(started, { type: "moveFailed", key: 1 }))).toBe("a: 1 2 3, b: 4");
    const meanwhile = heard(moved(place("1", "a", "3"), "lin"));
    expect(look(after(started, meanwhile))).toBe("a: 2 3, b: 4 1");
    expect(look(after(started, meanwhile, { type: "moveFailed", key: 1 }))).toBe("a: 2 1 3, b: 4");
  });

  test("become part of the board with their delivery, in the order of the room", () => {
    const state = after(
      started,
      { type: "moveAnswered", key: 1 },
      heard(moved(place("1", "b"), "me")),
      heard(moved(place("1", "a"), "lin")),
    );
    expect(state.pending).toEqual([]);
    expect(look(state)).toBe("a: 2 3 1, b: 4");
  });

  test("do not jump back to an earlier one of them", () => {
    const state = after(
      started,
      { type: "moveStarted", key: 2, place: place("1", "a") },
      heard(moved(place("1", "b"), "me")),
    );
    expect(look(state)).toBe("a: 2 3 1, b: 4");
  });

  test("that were answered are not kept on top of what is loaded later", () => {
    const state = after(
      started,
      { type: "moveAnswered", key: 1 },
      { type: "load", attempt: 2 },
      { type: "loaded", attempt: 2, board },
    );
    expect(look(state)).toBe("a: 1 2 3, b: 4");
  });
});

describe("loading", () => {
  test("keeps what is heard while it is under way", () => {
    const state = after(
      { type: "load", attempt: 2 },
      heard(moved(place("2", "b", "4"), "lin")),
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
    expect(viewOf(state)?.title).toBe("New");
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
  expect(look(after(heard(moved(place("1", "b", "2"), "lin"))))).toBe("a: 2 3, b: 4 1");
});
