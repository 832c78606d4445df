/** The frame of the panel: the button in the corner, the tabs, and what is remembered of them. */
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { SyncClient } from "../client.js";
import { ConnectionTab, StatusPill } from "./ConnectionTab.js";
import type { Log } from "./log.js";
import type { SyncPanelOptions } from "./open.js";
import { recall, remember } from "./memory.js";
import { TrafficTab } from "./TrafficTab.js";
import { type Draft, TryTab } from "./TryTab.js";
import { useResize } from "./useResize.js";

interface Props {
  client: SyncClient;
  log: Log;
  options: SyncPanelOptions;
}

const TABS = { traffic: "Traffic", connection: "Connection", try: "Try a route" } as const;
type Tab = keyof typeof TABS;
const ORDER: Tab[] = ["traffic", "connection", "try"];

export function Panel({ client, log, options }: Props) {
  const [isOpen, setIsOpen] = useState(() => recall("open", options.open ?? false));
  const [tab, setTab] = useState<Tab>("traffic");
  const [draft, setDraft] = useState<Draft | undefined>();
  const entries = useSyncExternalStore(log.onChange, log.entries);
  const resize = useResize();
  useRoomOnPage(isOpen ? resize.height : 0);
  const launcher = useRef<HTMLButtonElement>(null);
  const tabs = useRef<HTMLDivElement>(null);
  const wasOpen = useRef(isOpen);

  useEffect(() => {
    remember("open", isOpen);
    // The focus follows what was opened or closed, but is not taken from the page at the start.
    if (wasOpen.current === isOpen) return;
    wasOpen.current = isOpen;
    if (isOpen) tabs.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
    else launcher.current?.focus();
  }, [isOpen]);

  if (!isOpen) {
    const failed = entries.filter((entry) => entry.kind === "request" && entry.answer?.value.status === "error");
    return (
      <button ref={launcher} type="button" className="launcher" aria-expanded="false" onClick={() => setIsOpen(true)}>
        <StatusPill client={client} short />
        <span>sync</span>
        {failed.length > 0 && (
          <span className="count bad" aria-label={`${failed.length} failed requests`}>
            {failed.length}
          </span>
        )}
      </button>
    );
  }

  /** The arrow keys go from tab to tab, as in every row of tabs. */
  function onTabKey(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = ORDER[(ORDER.indexOf(tab) + by + ORDER.length) % ORDER.length] ?? tab;
    setTab(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }

  return (
    <section
      className="panel"
      aria-label="sync developer panel"
      style={{ height: resize.height }}
      onKeyDown={(event) => {
        // What the panel hears is its own: the page's shortcuts are not meant.
        event.stopPropagation();
        if (event.key === "Escape") setIsOpen(false);
      }}
    >
      <div
        className="resize"
        role="separator"
        aria-orientation="horizontal"
        aria-label="Height of the panel"
        aria-valuenow={Math.round(resize.height)}
        tabIndex={0}
        {...resize.handle}
      />
      <header>
        <strong>sync</strong>
        <StatusPill client={client} />
        <div ref={tabs} role="tablist" aria-label="Views" onKeyDown={onTabKey}>
          {ORDER.map((one) => (
            <button
              key={one}
              id={`tab-${one}`}
              type="button"
              role="tab"
              aria-selected={one === tab}
              aria-controls="view"
              tabIndex={one === tab ? 0 : -1}
              onClick={() => setTab(one)}
            >
              {TABS[one]}
            </button>
          ))}
        </div>
        <button type="button" className="icon" aria-label="Close the panel" title="Close (Esc)" onClick={() => setIsOpen(false)}>
          ×
        </button>
      </header>
      <div id="view" className="view" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "traffic" && (
          <TrafficTab
            log={log}
            entries={entries}
            onTry={(next) => {
              setDraft(next);
              setTab("try");
            }}
          />
        )}
        {tab === "connection" && <ConnectionTab client={client} log={log} />}
        {tab === "try" && (
          <TryTab client={client} entries={entries} routes={options.routes} draft={draft} onDraft={setDraft} />
        )}
      </div>
    </section>
  );
}

/** Tells the page how much of it is covered, for those that want to make room. */
function useRoomOnPage(height: number): void {
  useEffect(() => {
    const { style } = document.documentElement;
    style.setProperty(COVERED, `${height}px`);
    return () => void style.removeProperty(COVERED);
  }, [height]);
}

/** A custom property is all that the panel leaves on the page. */
const COVERED = "--sync-panel-height";
