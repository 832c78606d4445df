import { useEffect, useSyncExternalStore } from "react";
import { syncClient } from "../client.js";
import { presenceOf, type SyncPresence, UNWATCHED } from "../presence.js";

/**
 * Who is in a room: each user once, this page's own among them, in the order of their ids.
 *
 * The page has to be in the room: call `useRoom` as well. Any number of components may show one
 * room. Without a code (`null` while it is being loaded, for example) it does nothing.
 */
export function usePresence(code: string | null | undefined): SyncPresence {
  const presence = presenceOf(syncClient());
  useEffect(() => (code ? presence.watch(code) : undefined), [presence, code]);
  return useSyncExternalStore(presence.onChange, () => presence.get(code ?? ""), serverPresence);
}

const serverPresence = () => UNWATCHED;
