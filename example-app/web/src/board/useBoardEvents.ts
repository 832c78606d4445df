import { useSyncEvents } from "sync-client/react";
import type { BoardEvent } from "./state";

/** Hears all that happens to the board, whichever route and version it came by. */
export function useBoardEvents(hear: (event: BoardEvent) => void): void {
  useSyncEvents({
    name: "board/moveCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { cardId, toLane, movedBy } = serverOutput;
      hear({ type: "moved", place: { cardId, toLane, beforeCardId: null }, by: movedBy });
    },
  });
  useSyncEvents({
    name: "board/moveCard",
    version: "v2",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { cardId, toLane, beforeCardId, movedBy } = serverOutput;
      hear({ type: "moved", place: { cardId, toLane, beforeCardId }, by: movedBy });
    },
  });
  useSyncEvents({
    name: "board/createCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      const { status: _, ...card } = serverOutput;
      hear({ type: "created", card });
    },
  });
  useSyncEvents({
    name: "board/editCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "edited", cardId: serverOutput.cardId, title: serverOutput.title });
    },
  });
  useSyncEvents({
    name: "board/deleteCard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "deleted", cardId: serverOutput.cardId, by: serverOutput.deletedBy });
    },
  });
  useSyncEvents({
    name: "board/settings/renameBoard",
    version: "v1",
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      hear({ type: "renamed", title: serverOutput.title });
    },
  });
}
