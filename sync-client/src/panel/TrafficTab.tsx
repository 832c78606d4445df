/** What the page asked and heard, and one of it in full. */
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { EntryDetail } from "./EntryDetail.js";
import { EntryRow } from "./EntryRow.js";
import { type Entry, type Log, matches } from "./log.js";
import { recall, remember } from "./memory.js";
import type { Draft } from "./TryTab.js";

const KINDS = { request: "Requests", delivery: "Deliveries", stream: "Streams" } as const;
type Kind = keyof typeof KINDS;
const ALL: readonly Kind[] = ["request", "delivery", "stream"];

interface Props {
  log: Log;
  entries: readonly Entry[];
  onTry: (draft: Draft) => void;
}

export function TrafficTab({ log, entries, onTry }: Props) {
  const [filter, setFilter] = useState(() => recall("filter", ""));
  const [kinds, setKinds] = useState<readonly Kind[]>(ALL);
  const [selectedId, select] = useState<number | null>(null);
  const shown = entries.filter((entry) => kinds.includes(entry.kind) && matches(entry, filter));
  const selected = entries.find(({ id }) => id === selectedId);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => remember("filter", filter), [filter]);

  // The list follows what comes, as long as its end is in view.
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [shown.length, entries]);

  function onListKey(event: KeyboardEvent<HTMLElement>): void {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || shown.length === 0) return;
    event.preventDefault();
    const at = shown.findIndex(({ id }) => id === selectedId);
    const next = shown[at < 0 ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, at + by))];
    if (!next) return;
    select(next.id);
    list.current?.querySelector<HTMLElement>(`[data-entry="${next.id}"]`)?.focus();
  }

  return (
    <div className="traffic" data-detail={selected ? "" : undefined}>
      <div className="toolbar" role="toolbar" aria-label="What is shown">
        <input
          type="search"
          aria-label="Filter by route or room"
          placeholder="Filter: board -cursor"
          title="Words that the route or room must have; with - in front, must not"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && filter && (event.stopPropagation(), setFilter(""))}
        />
        {ALL.map((kind) => (
          <button
            key={kind}
            type="button"
            className="toggle"
            aria-pressed={kinds.includes(kind)}
            onClick={() => setKinds((now) => (now.includes(kind) ? now.filter((one) => one !== kind) : [...now, kind]))}
          >
            {KINDS[kind]}
          </button>
        ))}
        <span className="gap" />
        <button type="button" className="toggle" aria-pressed={log.isPaused()} onClick={() => log.pause(!log.isPaused())}>
          Pause
        </button>
        <button type="button" className="toggle" onClick={() => log.clear()}>
          Clear
        </button>
      </div>
      <ol
        ref={list}
        className="entries"
        aria-label="Requests and deliveries"
        onKeyDown={onListKey}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {shown.map((entry, i) => (
          <EntryRow
            key={entry.id}
            entry={entry}
            isSelected={entry.id === selectedId}
            isTabStop={selected ? entry.id === selectedId : i === shown.length - 1}
            onSelect={select}
          />
        ))}
        {shown.length === 0 && (
          <li className="empty">
            {entries.length === 0
              ? "Nothing yet. What the page asks and hears appears here."
              : `Nothing of ${entries.length} fits the filter.`}
          </li>
        )}
      </ol>
      <div className="detail scroll">
        {selected ? (
          <EntryDetail
            entry={selected}
            onTry={onTry}
            onHide={() => {
              setFilter((now) => `${now} -${selected.name}`.trim());
              select(null);
            }}
            onBack={() => select(null)}
          />
        ) : (
          <p className="empty">Choose an entry to see it in full.</p>
        )}
      </div>
    </div>
  );
}
