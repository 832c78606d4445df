import { useEffect, useSyncExternalStore } from "react";
import { syncClient } from "../client.js";
import { LEFT, type SyncRoomState } from "../rooms.js";

/**
 * Is in the room while the component is mounted, and back in it after a reconnect.
 *
 * Any number of components may use one room: the first joins it, the last leaves it. Requests to
 * the room wait until it is joined. Without a code (`null` while it is being loaded, for example)
 * it does nothing.
 */
export function useRoom(code: string | null | undefined): SyncRoomState {
  const { rooms } = syncClient();
  useEffect(() => (code ? rooms.hold(code) : undefined), [rooms, code]);
  return useSyncExternalStore(rooms.onState, () => rooms.state(code ?? ""), serverState);
}

const serverState = () => LEFT;
