import { useEffect, useRef } from "react";
import type { Lane as LaneData, User } from "../api";
import type { Card } from "../sync.gen";
import { testIds } from "../test-ids";
import { CardButton, type CardHandlers, CardInTheMaking } from "./CardButton";
import { NewCard } from "./NewCard";
import type { Place } from "./state";
import type { BoardActions } from "./useBoard";

interface Props {
  lane: LaneData;
  me: User;
  cards: Card[];
  /** Those that the server has not made yet. They come to the end of the lane. */
  newCards: Card[];
  /** Where a dragged card would go, if that is in this lane. */
  target: Place | null;
  liftedByPointer: string | null;
  liftedByKeyboard: string | null;
  viewers: ReadonlyMap<string, string>;
  helpId: string;
  handlers: CardHandlers;
  onCreate: BoardActions["create"];
}

export function Lane(props: Props) {
  const { lane, cards, newCards, target, liftedByPointer, liftedByKeyboard, viewers, helpId, handlers } = props;
  const liftOf = (id: string) =>
    id === liftedByPointer ? "pointer" : id === liftedByKeyboard ? "keyboard" : null;

  // One's own new card comes into view; those of others do not scroll what one is looking at.
  const list = useRef<HTMLUListElement>(null);
  const all = cards.length + newCards.length;
  const last = newCards.at(-1) ?? cards.at(-1);
  const count = useRef(all);
  useEffect(() => {
    if (all > count.current && last?.ownerId === props.me.id) {
      list.current?.scrollTo({ top: list.current.scrollHeight });
    }
    count.current = all;
  }, [all, last, props.me.id]);

  return (
    <section
      className="lane"
      aria-labelledby={`lane-${lane.id}`}
      data-testid={testIds.lane}
      data-lane-id={lane.id}
      data-target={target ? "" : undefined}
    >
      <header>
        <h2 id={`lane-${lane.id}`}>{lane.title}</h2>
        <span className="count" data-testid={testIds.laneCount} aria-label={`${all} cards`}>
          {all}
        </span>
      </header>
      <ul ref={list}>
        {cards.map((card) => (
          <li key={card.id} data-drop={target?.beforeCardId === card.id ? "" : undefined}>
            <CardButton
              card={card}
              lifted={liftOf(card.id)}
              viewer={viewers.get(card.id)}
              helpId={helpId}
              {...handlers}
            />
          </li>
        ))}
        {newCards.map((card) => (
          <li key={card.id}>
            <CardInTheMaking card={card} />
          </li>
        ))}
        {target?.beforeCardId === null && <li className="drop-end" aria-hidden="true" />}
        {all === 0 && !target && <li className="empty">Nothing here yet</li>}
      </ul>
      <NewCard laneId={lane.id} laneTitle={lane.title} onCreate={props.onCreate} />
    </section>
  );
}
