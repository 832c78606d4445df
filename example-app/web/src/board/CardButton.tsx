import type { KeyboardEvent, PointerEvent } from "react";
import type { Card } from "../sync.gen";
import { testIds } from "../test-ids";
import { Badge, hueStyle } from "../ui/Badge";

/** How a card takes part in the board it is on. */
export interface CardHandlers {
  onOpen: (cardId: string) => void;
  onPointerDown: (event: PointerEvent<HTMLElement>, cardId: string) => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>, cardId: string) => void;
}

interface Props extends CardHandlers {
  card: Card;
  lifted: "pointer" | "keyboard" | null;
  /** Who has just opened it. */
  viewer: string | undefined;
  helpId: string;
}

export function CardButton({ card, lifted, viewer, helpId, onOpen, onPointerDown, onKeyDown }: Props) {
  return (
    <button
      type="button"
      className="card"
      style={hueStyle(card.ownerId)}
      data-testid={testIds.card}
      data-card-id={card.id}
      data-owner-id={card.ownerId}
      data-lifted={lifted ?? undefined}
      aria-describedby={helpId}
      onClick={() => onOpen(card.id)}
      onPointerDown={(event) => onPointerDown(event, card.id)}
      onKeyDown={(event) => onKeyDown(event, card.id)}
      // Firefox clicks a button when Space is released, whatever became of its press.
      onKeyUp={(event) => event.key === " " && event.preventDefault()}
    >
      <span className="card-title">{card.title}</span>
      <span className="card-foot">
        <Owner card={card} />
        {viewer && (
          <span className="card-viewer" data-testid={testIds.cardViewer}>
            {viewer} is looking
          </span>
        )}
      </span>
    </button>
  );
}

/** A card that the server has not made yet: it has no id by which it could be moved or opened. */
export function CardInTheMaking({ card }: { card: Card }) {
  return (
    <div className="card" style={hueStyle(card.ownerId)} aria-busy="true">
      <span className="card-title">{card.title}</span>
      <span className="card-foot">
        <Owner card={card} />
      </span>
    </div>
  );
}

function Owner({ card }: { card: Card }) {
  return (
    <span className="card-owner">
      <Badge userId={card.ownerId} name={card.ownerName} />
      {card.ownerName}
    </span>
  );
}
