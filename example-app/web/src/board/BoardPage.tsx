import { usePresence, useSyncEvents } from "sync-client/react";
import { useEffect, useRef, useState } from "react";
import type { User } from "../api";
import type { Failed } from "../failed";
import { messageFor } from "../messages";
import { testIds } from "../test-ids";
import { Bar, type BarProps } from "../ui/Bar";
import { Here, nameOf } from "../ui/Here";
import { Notice } from "../ui/Notice";
import { BoardTitle } from "./BoardTitle";
import { BoardView } from "./BoardView";
import type { BoardEvent } from "./state";
import { ROOM, useBoard } from "./useBoard";
import { useCursors } from "./useCursors";

interface Props {
  me: User;
  /** What all pages have in the bar. */
  bar: Omit<BarProps, "room" | "waiting">;
  onFailed: (error: Failed) => void;
}

/** Milliseconds for which a card shows who has opened it. */
const LOOKS_FOR = 5_000;

export function BoardPage({ me, bar, onFailed }: Props) {
  const [announcement, announce] = useState("");
  const [news, setNews] = useState("");
  const area = useRef<HTMLDivElement>(null);
  const names = useRef(new Map<string, string>());

  const { view, newCards, waiting, failure, room, load, actions } = useBoard({
    me,
    onFailed,
    onEvent: (event) => {
      const text = describe(event);
      if (text) setNews(text);
    },
  });
  const cursors = useCursors(area, room.status === "joined");
  const viewers = useViewers(me);
  const { users } = usePresence(ROOM);

  useEffect(() => {
    if (room.status === "error") onFailed(room.error);
  }, [room, onFailed]);
  // Without a board the whole page says so.
  const hasBoard = view !== null;
  useEffect(() => {
    if (failure && hasBoard) onFailed(failure);
  }, [failure, hasBoard, onFailed]);
  useEffect(() => {
    document.title = view?.title ?? "Board";
  }, [view?.title]);

  for (const card of view?.cards ?? []) names.current.set(card.ownerId, card.ownerName);
  for (const user of users) names.current.set(user.id, nameOf(user));

  /** What a screen reader says about an event that somebody else caused. */
  function describe(event: BoardEvent): string | null {
    const titleOf = (id: string) => view?.cards.find((card) => card.id === id)?.title ?? "a card";
    switch (event.type) {
      case "moved": {
        if (event.by === me.id) return null;
        const lane = view?.lanes.find((one) => one.id === event.place.toLane)?.title ?? "a lane";
        const who = names.current.get(event.by) ?? "Somebody";
        return `${who} moved ${titleOf(event.place.cardId)} to ${lane}.`;
      }
      case "created":
        if (event.card.ownerId === me.id) return null;
        return `${event.card.ownerName} added ${event.card.title}.`;
      case "deleted":
        if (event.by === me.id) return null;
        return `${titleOf(event.cardId)} was deleted.`;
      case "edited":
      case "renamed":
        return null;
    }
  }

  if (!view && failure) {
    return (
      <Notice
        title="The board cannot be loaded"
        text={messageFor(failure)}
        testId={testIds.boardError}
        onRetry={() => void load()}
      />
    );
  }
  return (
    <div className="page">
      <Bar {...bar} room={room} waiting={waiting}>
        {view ? <BoardTitle title={view.title} onRename={actions.rename} /> : <h1>Board</h1>}
        <Here me={me} users={users} />
      </Bar>
      {view ? (
        <BoardView
          view={view}
          newCards={newCards}
          me={me}
          area={area}
          cursors={cursors.visible}
          viewers={viewers}
          onPointerMove={cursors.track}
          actions={actions}
          announce={announce}
        />
      ) : (
        <Skeleton />
      )}
      <p className="visually-hidden" aria-live="assertive" data-testid={testIds.announcement}>
        {announcement}
      </p>
      <p className="visually-hidden" aria-live="polite" data-testid={testIds.news}>
        {news}
      </p>
    </div>
  );
}

/** Who has opened which card a moment ago. */
function useViewers(me: User): ReadonlyMap<string, string> {
  const [viewers, setViewers] = useState<ReadonlyMap<string, string>>(new Map());
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());

  useEffect(() => {
    const running = timers.current;
    return () => {
      for (const timer of running.values()) clearTimeout(timer);
    };
  }, []);

  useSyncEvents({
    name: "board/showCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success" || serverOutput.shownBy === me.id) return;
      const { cardId, shownByName } = serverOutput;
      setViewers((now) => new Map(now).set(cardId, shownByName));
      clearTimeout(timers.current.get(cardId));
      const forget = () =>
        setViewers((now) => {
          const next = new Map(now);
          next.delete(cardId);
          return next;
        });
      timers.current.set(cardId, setTimeout(forget, LOOKS_FOR));
    },
  });
  return viewers;
}

function Skeleton() {
  return (
    <div className="scroller" aria-busy="true" aria-label="Loading the board">
      <div className="lanes">
        {[3, 2, 1, 2].map((cards, lane) => (
          <section className="lane skeleton" key={lane}>
            {Array.from({ length: cards }, (_, card) => (
              <div className="card" key={card} />
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}
