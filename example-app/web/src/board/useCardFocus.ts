import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/**
 * Keeps the focus on a card that moves to another lane: its element is made anew there, and the
 * focus would be lost with the old one.
 */
export function useCardFocus(area: RefObject<HTMLElement | null>): void {
  const focused = useRef<string | null>(null);

  useEffect(() => {
    const onFocus = (event: FocusEvent) => {
      const card = event.target instanceof Element && event.target.closest("[data-card-id]");
      focused.current = card instanceof HTMLElement ? (card.dataset["cardId"] ?? null) : null;
    };
    // A click on nothing takes the focus away on purpose.
    const onPointerDown = () => {
      focused.current = null;
    };
    addEventListener("pointerdown", onPointerDown, true);
    addEventListener("focusin", onFocus);
    return () => {
      removeEventListener("pointerdown", onPointerDown, true);
      removeEventListener("focusin", onFocus);
    };
  }, []);

  useLayoutEffect(() => {
    const id = focused.current;
    if (!id || document.activeElement !== document.body) return;
    area.current?.querySelector<HTMLElement>(`[data-card-id="${CSS.escape(id)}"]`)?.focus();
  });
}
