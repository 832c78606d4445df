import { useSyncExternalStore } from "react";
import { syncClient } from "../client.js";
import { IDLE, type SyncStatus } from "../status.js";

/** The state of the connection, for a banner such as "Reconnecting, attempt 3". */
export function useSyncStatus(): SyncStatus {
  const { on, get } = syncClient().status;
  return useSyncExternalStore(on, get, serverStatus);
}

const serverStatus = () => IDLE;
