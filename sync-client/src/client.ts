/** The parts of the client put together, once for the page. */
import { createEvents, type Events } from "./events.js";
import { type Inspector, watched } from "./inspect.js";
import { createOutbox, type Outbox } from "./outbox.js";
import { type RequestOptions, sendRequest } from "./requests.js";
import { createRooms, type Rooms } from "./rooms.js";
import { type Connection, createConnection, type SyncOptions } from "./socket.js";
import type { Answer } from "./wire.js";

export interface SyncClient {
  readonly connection: Connection;
  readonly rooms: Rooms;
  readonly events: Events;
  readonly outbox: Outbox;
  /** The developer tool that watches, if there is one. */
  inspector: Inspector | undefined;
  open(options: SyncOptions): void;
  reopen(): void;
  close(): void;
  request(options: RequestOptions): Promise<Answer>;
}

const DEFAULTS = { timeoutMs: 30_000, maxWaiting: 100 };

export function createClient(): SyncClient {
  let options: SyncOptions = {};
  const timeoutMs = () => options.timeoutMs ?? DEFAULTS.timeoutMs;

  const connection = createConnection();
  const rooms = createRooms(connection, timeoutMs);
  const events = createEvents((delivery, callbacks) => client.inspector?.delivery(delivery, callbacks));
  const outbox = createOutbox(
    // A request that overtook the join of its room would be refused for not being a member.
    (receiver) => connection.live() !== undefined && !rooms.isJoining(receiver),
    () => options.offlineQueue?.maxSize ?? DEFAULTS.maxWaiting,
  );

  // After the rooms' own listener, which by then has marked those that are to be joined again.
  connection.onUp(outbox.flush);
  rooms.onState(outbox.flush);
  connection.onSync(events.receive);

  const client: SyncClient = {
    connection,
    rooms,
    events,
    outbox,
    inspector: undefined,
    open(next) {
      options = next;
      connection.open(next);
    },
    reopen() {
      connection.reopen();
      // What waits was asked for by the session that has ended.
      outbox.clear();
      rooms.forget();
    },
    close() {
      connection.close();
      outbox.clear();
      rooms.forget();
    },
    request: (request) =>
      watched(client.inspector, request, (options) => sendRequest(connection, outbox, timeoutMs(), options)),
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
