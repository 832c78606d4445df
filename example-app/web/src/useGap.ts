import { useEffect } from "react";
import { onSyncGap } from "sync-client";

/** Loads anew what is shown of a room when deliveries to it may have been missed. */
export function useGap(room: string, load: () => Promise<void>): void {
  useEffect(
    () =>
      onSyncGap((gap) => {
        if (gap.room === room) void load();
      }),
    [room, load],
  );
}
