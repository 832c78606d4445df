import { type PointerEvent, type RefObject, useId, useRef, useState } from "react";
import type { Board, User } from "../api";
import { CardDialog } from "./CardDialog";
import { Cursors } from "./Cursors";
import { Lane } from "./Lane";
import { type Place, placeOf, samePlace } from "./state";
import { testIds } from "../test-ids";
import { useCardFocus } from "./useCardFocus";
import type { RemoteCursor } from "./useCursors";
import type { BoardActions } from "./useBoard";
import { useGlide } from "./useGlide";
import { useKeyboardLift } from "./useKeyboardLift";
import { usePointerLift } from "./usePointerLift";

interface Props {
  view: Board;
  /** Ids of cards in it that the server has not made yet: they can be seen, and no more. */
  newCards: ReadonlySet<string>;
  me: User;
  /** The lanes, as large as they are: what cursors are fractions of. */
  area: RefObject<HTMLDivElement | null>;
  cursors: RemoteCursor[];
  viewers: ReadonlyMap<string, string>;
  onPointerMove: (event: PointerEvent) => void;
  actions: BoardActions;
  announce: (text: string) => void;
}

/** The lanes and their cards, and everything one does with them by hand. */
export function BoardView(props: Props) {
  const { view, newCards, me, area, cursors, viewers, actions, announce } = props;
  const made = view.cards.filter((card) => !newCards.has(card.id));
  const scroller = useRef<HTMLElement>(null);
  const helpId = useId();
  const [openId, setOpenId] = useState<string | null>(null);
  const open = view.cards.find((card) => card.id === openId);

  function drop(place: Place): void {
    const from = placeOf(view.cards, place.cardId);
    if (from && !samePlace(from, place)) actions.move(place);
  }
  const keyboard = useKeyboardLift({ lanes: view.lanes, cards: made, onDrop: actions.move, announce });
  const pointer = usePointerLift({ scroller, onDrop: drop });
  useCardFocus(area);
  useGlide(area);

  const handlers = {
    onOpen: (cardId: string) => {
      if (!pointer.isClickOfDrop() && !keyboard.liftedId) setOpenId(cardId);
    },
    onPointerDown: pointer.start,
    onKeyDown: keyboard.onKeyDown,
  };

  return (
    <main className="scroller" ref={scroller} onPointerMove={props.onPointerMove}>
      <p id={helpId} hidden>
        Enter opens the card. The arrow keys go to other cards. Space lifts this one, then they move it.
      </p>
      <div className="lanes" ref={area} data-testid={testIds.board}>
        {view.lanes.map((lane) => (
          <Lane
            key={lane.id}
            lane={lane}
            me={me}
            cards={keyboard.shown.filter((card) => card.laneId === lane.id)}
            newCards={view.cards.filter((card) => card.laneId === lane.id && newCards.has(card.id))}
            target={pointer.target?.toLane === lane.id ? pointer.target : null}
            liftedByPointer={pointer.liftedId}
            liftedByKeyboard={keyboard.liftedId}
            viewers={viewers}
            helpId={helpId}
            handlers={handlers}
            onCreate={actions.create}
          />
        ))}
        <Cursors cursors={cursors} />
      </div>
      {open && (
        <CardDialog
          key={open.id}
          card={open}
          lanes={view.lanes}
          me={me}
          actions={actions}
          onClose={() => setOpenId(null)}
        />
      )}
    </main>
  );
}
