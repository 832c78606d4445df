import { type RefObject, useLayoutEffect, useRef } from "react";

/** Lets cards glide from where they were to where they are, whoever moved them. */
export function useGlide(area: RefObject<HTMLElement | null>): void {
  const places = useRef(new Map<string, { x: number; y: number }>());

  useLayoutEffect(() => {
    const root = area.current;
    if (!root) return;
    const origin = root.getBoundingClientRect();
    const before = places.current;
    const after: typeof before = new Map();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const card of root.querySelectorAll<HTMLElement>("[data-card-id]")) {
      const id = card.dataset["cardId"] ?? "";
      // Where it belongs, not where an animation under way shows it: offsets ignore transforms.
      const box = layoutBox(card, root, origin);
      after.set(id, box);
      const from = before.get(id);
      if (still || !from || (from.x === box.x && from.y === box.y)) continue;
      card.animate(
        [{ translate: `${from.x - box.x}px ${from.y - box.y}px` }, { translate: "0 0" }],
        { duration: 180, easing: "cubic-bezier(.2,.7,.3,1)" },
      );
    }
    places.current = after;
  });
}

function layoutBox(card: HTMLElement, root: HTMLElement, origin: DOMRect) {
  let x = 0;
  let y = 0;
  let node: HTMLElement | null = card;
  while (node && node !== root) {
    x += node.offsetLeft;
    y += node.offsetTop;
    node = node.offsetParent instanceof HTMLElement ? node.offsetParent : null;
  }
  // The root is not positioned: fall back to what is on the screen.
  if (node !== root) {
    const box = card.getBoundingClientRect();
    return { x: box.left - origin.left, y: box.top - origin.top };
  }
  return { x, y };
}
