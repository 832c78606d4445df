/** What happens to the connection, written down: its state, the session, what was missed and what came back. */
import type { SyncClient } from "../client.js";
import type { Log } from "./log.js";
import { isObject, memberOf } from "../wire.js";

/** From now on, until the function returned is called. */
export function noteConnection({ connection, status, onGap }: SyncClient, log: Log): () => void {
  log.noteStatus(status.get());
  // The outcome of a recovery that worked is told nobody: callbacks hear what was missed.
  const offMessage = connection.onMessage(([event, message]) => {
    const rooms = event.startsWith("resume-") ? memberOf(message, "rooms") : undefined;
    for (const [room, outcome] of Object.entries(isObject(rooms) ? rooms : {})) {
      if (memberOf(outcome, "recovered") !== true) continue;
      log.note("resumed", `${room} resumed, what was missed has come: ${Number(memberOf(outcome, "count"))}`);
    }
  });
  const ends = [
    offMessage,
    status.on(log.noteStatus),
    onGap(({ room, reason }) => log.note("gap", `${room} missed deliveries: ${reason}`)),
    connection.onSessionEnded(({ reason }) => log.note("sessionEnded", `the session has ended: ${reason}`)),
  ];
  return () => {
    for (const end of ends) end();
  };
}
