/** What a page can know of its connection, in one object. */
import type { Outbox } from "./outbox.js";
import { createSignal, type Signal } from "./signal.js";
import type { Connection, ConnectionStatus } from "./socket.js";

export interface SyncStatus extends ConnectionStatus {
  /** Requests that wait to be sent. */
  queued: number;
}

export interface Status {
  /** The same object until something changes. */
  get(): SyncStatus;
  on: Signal<SyncStatus>["on"];
}

export const IDLE: SyncStatus = { status: "idle", attempt: 0, lagging: false, queued: 0 };

export function createStatus(connection: Connection, outbox: Outbox): Status {
  const changed = createSignal<SyncStatus>();
  let status = IDLE;

  const update = () => {
    const next: SyncStatus = { ...connection.status(), queued: outbox.size() };
    if (JSON.stringify(next) === JSON.stringify(status)) return;
    status = next;
    changed.emit(status);
  };
  connection.onStatus(update);
  outbox.onSize(update);

  return { get: () => status, on: changed.on };
}
