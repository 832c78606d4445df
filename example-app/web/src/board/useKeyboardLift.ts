import { type KeyboardEvent, useEffect, useState } from "react";
import type { Lane } from "../api";
import type { Card } from "../sync.gen";
import { cardBeside } from "./arrowFocus";
import { type Place, placeCard, placeOf, samePlace } from "./state";

interface Options {
  lanes: Lane[];
  cards: Card[];
  onDrop: (place: Place) => void;
  announce: (text: string) => void;
}

/** Going from card to card with the arrow keys, and moving them: Space lifts, the arrows move, Space or Enter drops, Escape cancels. */
export function useKeyboardLift({ lanes, cards, onDrop, announce }: Options) {
  const [lifted, setLifted] = useState<Place | null>(null);
  const shown = lifted ? placeCard(cards, lifted) : cards;

  // A click elsewhere, or the card's deletion by somebody else, ends it.
  const isGone = lifted !== null && !cards.some((card) => card.id === lifted.cardId);
  useEffect(() => {
    if (isGone) setLifted(null);
  }, [isGone]);
  const isLifted = lifted !== null;
  useEffect(() => {
    if (!isLifted) return;
    const cancel = () => setLifted(null);
    addEventListener("pointerdown", cancel);
    return () => removeEventListener("pointerdown", cancel);
  }, [isLifted]);

  const titleOf = (cardId: string) => cards.find((card) => card.id === cardId)?.title ?? "";

  function describe(place: Place): string {
    const lane = placeCard(cards, place).filter((card) => card.laneId === place.toLane);
    const position = lane.findIndex((card) => card.id === place.cardId) + 1;
    const title = lanes.find((one) => one.id === place.toLane)?.title ?? "";
    return `${title}, position ${position} of ${lane.length}`;
  }

  /** For `onKeyDown` of a card. */
  function onKeyDown(event: KeyboardEvent<HTMLElement>, cardId: string): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (lifted?.cardId !== cardId) {
      const beside = cardBeside(event.currentTarget, event.key);
      if (beside) {
        event.preventDefault();
        beside.focus();
      }
      const place = event.key === " " ? placeOf(cards, cardId) : null;
      if (!place) return;
      event.preventDefault();
      setLifted(place);
      announce(
        `${titleOf(cardId)} lifted. ${describe(place)}. Arrow keys move it, Space drops it, Escape cancels.`,
      );
      return;
    }
    const next = step(event.key, lifted);
    if (next) {
      event.preventDefault();
      setLifted(next);
      announce(describe(next));
    } else if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      setLifted(null);
      announce(`${titleOf(cardId)} dropped. ${describe(lifted)}.`);
      const from = placeOf(cards, cardId);
      if (from && !samePlace(from, lifted)) onDrop(lifted);
    } else if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.preventDefault();
      setLifted(null);
      announce(`Cancelled. ${titleOf(cardId)} is back where it was.`);
    }
  }

  /** Where an arrow key takes the card; `null` for other keys. It stays where it cannot go further. */
  function step(key: string, from: Place): Place | null {
    const laneIndex = lanes.findIndex((lane) => lane.id === from.toLane);
    const inLane = (laneId: string) =>
      cards.filter((card) => card.laneId === laneId && card.id !== from.cardId);
    const here = inLane(from.toLane);
    const before = here.findIndex((card) => card.id === from.beforeCardId);
    const position = before < 0 ? here.length : before;
    const at = (laneId: string, index: number): Place => {
      const beforeCardId = inLane(laneId)[Math.max(0, index)]?.id ?? null;
      return { cardId: from.cardId, toLane: laneId, beforeCardId };
    };
    switch (key) {
      case "ArrowUp":
        return at(from.toLane, position - 1);
      case "ArrowDown":
        return at(from.toLane, position + 1);
      case "ArrowLeft":
      case "ArrowRight": {
        const lane = lanes[laneIndex + (key === "ArrowLeft" ? -1 : 1)];
        return lane ? at(lane.id, position) : from;
      }
      default:
        return null;
    }
  }

  return { liftedId: lifted?.cardId ?? null, shown, onKeyDown };
}
