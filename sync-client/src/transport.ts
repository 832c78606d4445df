/** How requests reach the server. Deliveries always come over the socket. */
import type { SyncAuth } from "./auth.js";
import { ask, type Exchange, type ExchangeHandlers } from "./exchange.js";
import type { Connection } from "./socket.js";
import type { Packet } from "./wire.js";

/** What of `initSync`'s options a transport needs. */
export interface TransportSettings {
  url?: string;
  auth?: SyncAuth;
  withCredentials?: boolean;
}

/** A way for requests: the socket, or `httpTransport()` of `sync-client/http`. */
export interface SyncTransport {
  /** Whether a request can go out now. */
  isReady(): boolean;
  /** Sends a request that is ready, and hears what comes back for it. */
  send(packet: Packet, handlers: ExchangeHandlers, settings: TransportSettings): Exchange;
}

export function createSocketTransport(connection: Connection): SyncTransport {
  return {
    isReady: () => connection.live() !== undefined,
    send: (packet, handlers) => ask(connection, "sync", { ...packet }, handlers),
  };
}
