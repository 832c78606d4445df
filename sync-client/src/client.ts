/** The parts of the client put together, once for the page. */
import { createEvents, type Events } from "./events.js";
import type { Inspector } from "./inspect.js";
import { currentIdentity } from "./offline.js";
import { createOutbox } from "./outbox.js";
import type { Presence } from "./presence.js";
import { createRecovery, type SyncGap } from "./recovery.js";
import { createRequests, DEFAULT_TIMEOUT, type RequestOptions } from "./requests.js";
import { createRestore } from "./restore.js";
import { createRooms, type Rooms } from "./rooms.js";
import { createSignal, type Signal } from "./signal.js";
import { type Connection, createConnection, type SyncOptions } from "./socket.js";
import { createStatus, type Status } from "./status.js";
import { createSocketTransport } from "./transport.js";
import type { Answer } from "./wire.js";

export interface SyncClient {
  readonly connection: Connection;
  readonly rooms: Rooms;
  /** Made when somebody asks for it: pages without it do not load it. */
  presence: Presence | undefined;
  readonly events: Events;
  readonly status: Status;
  /** The developer tool that watches, if there is one. */
  inspector: Inspector | undefined;
  onGap: Signal<SyncGap>["on"];
  /** For a request or an operation that does not say. */
  timeoutMs(): number;
  open(options: SyncOptions): void;
  reopen(): void;
  close(): void;
  request(options: RequestOptions): Promise<Answer>;
}

export function createClient(): SyncClient {
  let options: SyncOptions = {};
  const timeoutMs = () => options.timeoutMs ?? DEFAULT_TIMEOUT;

  const connection = createConnection();
  const events = createEvents((delivery, callbacks) => client.inspector?.delivery(delivery, callbacks));
  // First of those that hear of a connection: what was missed is asked for before anything else.
  const recovery = createRecovery(connection, timeoutMs, events.receive);
  const rooms = createRooms(connection, recovery, timeoutMs);
  const restore = createRestore(
    (kept) => requests.runKept(kept),
    () => outbox.flush(),
  );
  const outbox = createOutbox(({ receiver, isReady }) => {
    if (restore.isUnderWay() || !isReady()) return false;
    // A request that overtook the join of its room would be refused for not being a member.
    return !(connection.live() && rooms.isJoining(receiver));
  });
  const requests = createRequests(outbox, createSocketTransport(connection), () => options);
  const status = createStatus(connection, outbox);

  // After the rooms' own listener, which by then has marked those that are to be joined again.
  connection.onUp(outbox.flush);
  rooms.onState(outbox.flush);
  connection.onDown(() => outbox.drop("offline", ({ failsOffline, isReady }) => failsOffline && !isReady()));

  const gaps = createSignal<SyncGap>();
  const untold = new Map<string, SyncGap>();
  const tellGaps = () => {
    for (const [room, gap] of untold) {
      // Whoever loads the room's state because of it has to be in it, or misses what comes next.
      if (rooms.isJoining(room)) continue;
      untold.delete(room);
      gaps.emit(gap);
    }
  };
  rooms.onState(tellGaps);
  recovery.onGap((gap) => {
    untold.set(gap.room, gap);
    tellGaps();
  });

  /** What waits is sent for the user of now, who may be another, or in a new session. */
  const takeUp = (isNewSession: boolean) => {
    const identity = currentIdentity(options.offlineQueue);
    // Without an identity, what waits was asked for by a session that has ended.
    outbox.drop("session", (entry) => (entry.identity === undefined ? isNewSession : entry.identity !== identity));
    restore.start(options.offlineQueue);
  };

  const client: SyncClient = {
    connection,
    rooms,
    presence: undefined,
    timeoutMs,
    events,
    status,
    inspector: undefined,
    onGap: gaps.on,
    open(next) {
      options = next;
      connection.open(next);
      takeUp(false);
    },
    reopen() {
      connection.reopen();
      rooms.forget();
      recovery.forget((room) => rooms.isJoining(room));
      takeUp(true);
    },
    close() {
      connection.close();
      outbox.drop("session", () => true);
      rooms.forget();
      recovery.forget(() => false);
    },
    request: (request) => client.inspector?.request(request, requests.run) ?? requests.run(request),
  };
  return client;
}

/** Versions that can share a client share this key. */
const KEY = Symbol.for("sync-client/1");

/**
 * The page's client. It hangs on the page rather than on this module, which may be there twice:
 * after a hot reload, or when two bundles bring their own.
 */
export function syncClient(): SyncClient {
  const page: typeof globalThis & { [KEY]?: SyncClient } = globalThis;
  return (page[KEY] ??= createClient());
}
