import type { SyncRoomState } from "sync-client";
import type { MouseEvent, ReactNode } from "react";
import type { User } from "../api";
import type { Tab } from "../pages";
import { testIds } from "../test-ids";
import { Badge } from "./Badge";
import { Connection } from "./Connection";

export interface BarProps {
  me: User;
  tab: Tab;
  onTab: (tab: Tab) => void;
  /** Messages that came while the chat was not open. */
  unread: number;
  onLogOut: () => void;
  /** The room of the page below. */
  room: SyncRoomState;
  /** Changes that the server has not confirmed. */
  waiting: number;
}

interface Props extends BarProps {
  /** What the page itself has in it. */
  children: ReactNode;
}

/** The top of every page: where one is, where one can go, and who one is. */
export function Bar({ me, tab, onTab, unread, onLogOut, room, waiting, children }: Props) {
  const link = (to: Tab) => ({
    href: to === "board" ? "/" : "/chat",
    "aria-current": tab === to ? ("page" as const) : undefined,
    onClick: (event: MouseEvent) => {
      // The browser's own ways to open a link stay the browser's.
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      onTab(to);
    },
  });
  return (
    <header className="bar">
      <img src="/icon.svg" alt="" width="28" height="28" />
      <nav className="tabs" aria-label="Pages">
        <a {...link("board")} data-testid={testIds.tabBoard}>
          Board
        </a>
        <a {...link("chat")} data-testid={testIds.tabChat}>
          Chat
          {unread > 0 && (
            <span className="unread" data-testid={testIds.unread}>
              {unread > 99 ? "99+" : unread}
              <span className="visually-hidden"> new</span>
            </span>
          )}
        </a>
      </nav>
      {children}
      <Connection room={room} waiting={waiting} />
      <div className="me">
        <Badge userId={me.id} name={me.name} />
        <span className="me-name" data-testid={testIds.userName}>
          {me.name}
        </span>
        <button type="button" className="button small" data-testid={testIds.logOut} onClick={onLogOut}>
          Log out
        </button>
      </div>
    </header>
  );
}
