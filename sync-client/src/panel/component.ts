import { useEffect, useState } from "react";
import { openSyncPanel, type SyncPanelOptions } from "./open.js";

/** `openSyncPanel` as a component, for as long as it is mounted. It takes no place on the page. */
export function SyncPanel(options: SyncPanelOptions): null {
  const [first] = useState(options);
  useEffect(() => openSyncPanel(first), [first]);
  return null;
}
