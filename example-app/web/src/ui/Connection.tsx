import type { SyncRoomState } from "sync-client";
import { useSyncStatus } from "sync-client/react";
import { testIds } from "../test-ids";

interface Props {
  room: SyncRoomState;
  /** Changes that the server has not confirmed. */
  waiting: number;
}

/** Whether events arrive, and what waits for that. */
export function Connection({ room, waiting }: Props) {
  const { status, attempt } = useSyncStatus();
  const [state, text] =
    room.status === "error"
      ? ["error", "Not live"]
      : status === "reconnecting" || status === "offline" || attempt > 1
        ? ["reconnecting", sayAway(status === "offline" ? "Offline" : "Reconnecting", waiting)]
        : room.status === "joined"
          ? ["joined", "Live"]
          : ["joining", "Connecting…"];
  return (
    <span className="connection" role="status" data-testid={testIds.connection} data-status={state}>
      <span>{text}</span>
    </span>
  );
}

function sayAway(state: string, waiting: number): string {
  return waiting > 0 ? `${state}, ${waiting} unsaved…` : `${state}…`;
}
