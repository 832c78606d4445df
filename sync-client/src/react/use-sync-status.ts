import { useSyncExternalStore } from "react";
import { syncClient } from "../client.js";
import { IDLE, type SyncStatus } from "../socket.js";

/** The state of the connection, for a banner such as "Reconnecting, attempt 3". */
export function useSyncStatus(): SyncStatus {
  const { onStatus, status } = syncClient().connection;
  return useSyncExternalStore(onStatus, status, serverStatus);
}

const serverStatus = () => IDLE;
