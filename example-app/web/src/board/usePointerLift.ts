import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { Place } from "./state";

/** Pixels a mouse moves with its button down before that is a drag and not a click. */
const DRAG_AFTER = 5;
/** Milliseconds a finger rests on a card before it lifts it; moving sooner scrolls. */
const TOUCH_LIFTS_AFTER = 250;
/** Pixels a resting finger may tremble. */
const TOUCH_SLOP = 8;
/** Within so many pixels of its edge, the board scrolls along with a dragged card. */
const EDGE = 56;

interface Options {
  /** What scrolls. */
  scroller: RefObject<HTMLElement | null>;
  onDrop: (place: Place) => void;
}

/** Dragging cards with a mouse, a pen or a finger. */
export function usePointerLift({ scroller, onDrop }: Options) {
  /** Where the card would go if it were dropped now. */
  const [target, setTarget] = useState<Place | null>(null);
  const [liftedId, setLiftedId] = useState<string | null>(null);
  const gesture = useRef<Gesture | null>(null);
  /** The click that ends a drag must not open the card. */
  const justDropped = useRef(false);

  useEffect(() => () => gesture.current?.cancel(), []);

  function start(event: ReactPointerEvent<HTMLElement>, cardId: string): void {
    if (event.button !== 0 || !event.isPrimary) return;
    gesture.current?.cancel();
    gesture.current = beginGesture({
      card: event.currentTarget,
      cardId,
      event: event.nativeEvent,
      scroller: scroller.current,
      onLift: () => setLiftedId(cardId),
      onTarget: setTarget,
      onEnd: (place, wasLifted) => {
        gesture.current = null;
        setLiftedId(null);
        setTarget(null);
        if (!wasLifted) return;
        justDropped.current = true;
        setTimeout(() => {
          justDropped.current = false;
        });
        if (place) onDrop(place);
      },
    });
  }

  return {
    target,
    liftedId,
    start,
    cancel: () => gesture.current?.cancel(),
    isClickOfDrop: () => justDropped.current,
  };
}

interface Gesture {
  cancel(): void;
}

interface GestureOptions {
  card: HTMLElement;
  cardId: string;
  event: PointerEvent;
  scroller: HTMLElement | null;
  onLift: () => void;
  onTarget: (place: Place | null) => void;
  onEnd: (place: Place | null, wasLifted: boolean) => void;
}

function beginGesture({ card, cardId, event, scroller, onLift, onTarget, onEnd }: GestureOptions): Gesture {
  const start = { x: event.clientX, y: event.clientY };
  const isTouch = event.pointerType === "touch";
  const box = card.getBoundingClientRect();
  let at = start;
  let ghost: HTMLElement | null = null;
  let place: Place | null = null;
  let frame = 0;
  const listening = new AbortController();
  const { signal } = listening;
  const timer = isTouch ? setTimeout(lift, TOUCH_LIFTS_AFTER) : undefined;

  function lift(): void {
    ghost = makeGhost(card, box);
    document.documentElement.classList.add("dragging");
    onLift();
    follow();
    frame = requestAnimationFrame(scrollAtEdges);
  }

  function follow(): void {
    if (!ghost) return;
    ghost.style.translate = `${at.x - start.x}px ${at.y - start.y}px`;
    const next = scroller && placeAt(scroller, at, cardId);
    if (next?.toLane !== place?.toLane || next?.beforeCardId !== place?.beforeCardId) {
      place = next;
      onTarget(place);
    }
  }

  function scrollAtEdges(): void {
    if (!scroller) return;
    const edges = scroller.getBoundingClientRect();
    const x = pull(at.x, edges.left, edges.right);
    const y = pull(at.y, edges.top, edges.bottom);
    // The page scrolls sideways, the list of a lane up and down.
    const list = place && scroller.querySelector(`[data-lane-id="${CSS.escape(place.toLane)}"] > ul`);
    if (x || (y && list)) {
      scroller.scrollBy(x, 0);
      list?.scrollBy(0, y);
      follow();
    }
    frame = requestAnimationFrame(scrollAtEdges);
  }

  function end(dropped: boolean): void {
    listening.abort();
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    ghost?.remove();
    document.documentElement.classList.remove("dragging");
    onEnd(dropped ? place : null, ghost !== null);
  }

  const mine = (other: PointerEvent) => other.pointerId === event.pointerId;
  addEventListener(
    "pointermove",
    (moved) => {
      if (!mine(moved)) return;
      at = { x: moved.clientX, y: moved.clientY };
      const distance = Math.hypot(at.x - start.x, at.y - start.y);
      if (ghost) follow();
      else if (isTouch) distance > TOUCH_SLOP && end(false);
      else if (distance > DRAG_AFTER) lift();
    },
    { signal },
  );
  addEventListener(
    "pointerup",
    (up) => {
      if (!mine(up)) return;
      at = { x: up.clientX, y: up.clientY };
      follow();
      end(true);
    },
    { signal },
  );
  addEventListener("pointercancel", (gone) => mine(gone) && end(false), { signal });
  addEventListener("keydown", (key) => key.key === "Escape" && end(false), { signal });
  // A lifted card moves with the finger instead of the page, and has no context menu.
  const keep = (native: Event) => ghost && native.preventDefault();
  addEventListener("touchmove", keep, { signal, passive: false });
  addEventListener("contextmenu", keep, { signal });

  return { cancel: () => end(false) };
}

/** The picture of the card that follows the pointer. */
function makeGhost(card: HTMLElement, box: DOMRect): HTMLElement {
  const ghost = document.createElement("div");
  ghost.className = `${card.className} ghost`;
  ghost.setAttribute("aria-hidden", "true");
  ghost.style.cssText = card.style.cssText;
  ghost.style.left = `${box.left}px`;
  ghost.style.top = `${box.top}px`;
  ghost.style.width = `${box.width}px`;
  for (const child of card.children) ghost.append(child.cloneNode(true));
  for (const child of ghost.querySelectorAll("[data-testid]")) child.removeAttribute("data-testid");
  document.body.append(ghost);
  return ghost;
}

/** Where a card dropped at this point goes: into the nearest lane, above the card below the point. */
function placeAt(scroller: HTMLElement, at: { x: number; y: number }, cardId: string): Place | null {
  let nearest: { lane: HTMLElement; distance: number } | undefined;
  for (const lane of scroller.querySelectorAll<HTMLElement>("[data-lane-id]")) {
    const { left, right } = lane.getBoundingClientRect();
    const distance = Math.max(left - at.x, at.x - right, 0);
    if (!nearest || distance < nearest.distance) nearest = { lane, distance };
  }
  const toLane = nearest?.lane.dataset["laneId"];
  if (!nearest || !toLane) return null;
  for (const card of nearest.lane.querySelectorAll<HTMLElement>("[data-card-id]")) {
    const { top, bottom } = card.getBoundingClientRect();
    const id = card.dataset["cardId"];
    if (id && id !== cardId && at.y < (top + bottom) / 2) {
      return { cardId, toLane, beforeCardId: id };
    }
  }
  return { cardId, toLane, beforeCardId: null };
}

/** Pixels to scroll in this frame, for a pointer between two edges. */
function pull(at: number, low: number, high: number): number {
  if (at < low + EDGE) return -Math.ceil((low + EDGE - at) / 6);
  if (at > high - EDGE) return Math.ceil((at - high + EDGE) / 6);
  return 0;
}
