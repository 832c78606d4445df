import type { SyncRoomState } from "sync-client";
import { useSyncStatus } from "sync-client/react";
import { testIds } from "../test-ids";

/** Whether the board is live. */
export function Connection({ room }: { room: SyncRoomState }) {
  const { status, attempt } = useSyncStatus();
  const [state, text] =
    room.status === "error"
      ? ["error", "Not live"]
      : status === "reconnecting" || attempt > 1
        ? ["reconnecting", "Reconnecting…"]
        : room.status === "joined"
          ? ["joined", "Live"]
          : ["joining", "Connecting…"];
  return (
    <span className="connection" role="status" data-testid={testIds.connection} data-status={state}>
      <span>{text}</span>
    </span>
  );
}
