/** The card to which an arrow key takes the focus from this one: in its lane, or in the next that has any. */
export function cardBeside(card: Element, key: string): HTMLElement | undefined {
  const lane = card.closest("[data-lane-id]");
  const board = lane?.parentElement;
  if (!lane || !board) return undefined;
  const here = cardsIn(lane);
  const at = here.findIndex((one) => one === card);
  switch (key) {
    case "ArrowUp":
      return here[at - 1];
    case "ArrowDown":
      return here[at + 1];
    case "ArrowLeft":
    case "ArrowRight": {
      const lanes = [...board.querySelectorAll("[data-lane-id]")];
      const from = lanes.indexOf(lane);
      const onwards = key === "ArrowLeft" ? lanes.slice(0, from).reverse() : lanes.slice(from + 1);
      const there = onwards.map(cardsIn).find((cards) => cards.length > 0);
      return there?.[Math.min(at, there.length - 1)];
    }
    default:
      return undefined;
  }
}

function cardsIn(lane: Element): HTMLElement[] {
  return [...lane.querySelectorAll<HTMLElement>("[data-card-id]")];
}
