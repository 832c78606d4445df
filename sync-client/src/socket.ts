/** The one connection of the page: opening, reopening, and what state it is in. */
import { io, type Socket } from "socket.io-client";
import { currentToken, type SyncAuth } from "./auth.js";
import type { SyncOfflineQueue } from "./offline.js";
import { createSignal, type Signal } from "./signal.js";
import { PAUSE, pauseAfter } from "./timer.js";
import type { SyncTransport } from "./transport.js";
import { readSessionEnd, type SyncSessionEnd } from "./wire.js";

export interface SyncOptions {
  /** Where the server is. Default: the page's own origin. */
  url?: string;
  /** Path of the Socket.IO endpoint. Default: `/socket.io/`. */
  path?: string;
  /**
   * A bearer token for the handshake, and for requests over HTTP. Leave it out where the session is in a cookie, which is the
   * server's default.
   */
  auth?: SyncAuth;
  /** Sends cookies to a server on another origin. Default: true. */
  withCredentials?: boolean;
  /** Transports in the order tried. Default: websocket, then polling. */
  transports?: ("websocket" | "polling")[];
  /** Default for a request's `timeoutMs`, and for room operations. Default: 30 000. */
  timeoutMs?: number;
  /** Requests that wait while there is no connection. */
  offlineQueue?: SyncOfflineQueue;
  /**
   * Sends a request again whose connection broke before its answer came, with the `requestId` it had.
   * The server runs it once, and remembers its answer for five minutes. Turn it off for a server that
   * does not look at `requestId`: it would run it twice. Default: true, within 240 000 milliseconds of
   * the first sending.
   */
  retry?: boolean | { withinMs: number };
  /** How requests are sent: `httpTransport()` of `sync-client/http`, or left out, over the socket. */
  transport?: SyncTransport;
}

export interface ConnectionStatus {
  /**
   * `idle` before `initSync` and after `disconnectSync`; `connecting` until the first connection
   * stands; `reconnecting` after one was lost; `offline` instead of these two while the browser
   * knows that it has no network; `sessionEnded` after the server ended the session.
   */
  status: "idle" | "connecting" | "connected" | "reconnecting" | "offline" | "sessionEnded";
  /** Attempts that failed since there was a connection; 0 while connected. */
  attempt: number;
  /**
   * The server closed the last connection since this page could not keep up with what it hears.
   * False again once connected.
   */
  lagging: boolean;
}

export interface Connection {
  /** The socket, only while it is connected. */
  live(): Socket | undefined;
  status(): ConnectionStatus;
  onStatus: Signal<void>["on"];
  /** The connection stands. */
  onUp: Signal<Socket>["on"];
  /** The connection was lost or closed; what was under way on it gets no answer any more. */
  onDown: Signal<void>["on"];
  /** What the server says, on any event. */
  onMessage: Signal<[event: string, message: unknown]>["on"];
  /** The server has ended the session, and with it the connection. */
  onSessionEnded: Signal<SyncSessionEnd>["on"];
  open(options: SyncOptions): void;
  /** Closes the connection and makes a new one with the same options. */
  reopen(): void;
  close(): void;
}

export function createConnection(): Connection {
  const statusChanged = createSignal<void>();
  const up = createSignal<Socket>();
  const down = createSignal<void>();
  const messages = createSignal<[event: string, message: unknown]>();
  const sessionEnded = createSignal<SyncSessionEnd>();
  let status: ConnectionStatus = { status: "idle", attempt: 0, lagging: false };
  let options: SyncOptions | undefined;
  let socket: Socket | undefined;
  let stopListening = () => {};
  let greetings = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function become(name: ConnectionStatus["status"], attempt = 0, lagging = false): void {
    status = { status: name, attempt, lagging };
    statusChanged.emit();
  }

  /**
   * Socket.IO reconnects by itself except when the server closed the connection or refused the
   * handshake. A restarting server does the former, an overloaded one the latter: both pass.
   */
  function retryIfGivenUp(opened: Socket): void {
    if (opened.active) return;
    clearTimeout(retry);
    retry = setTimeout(() => opened.connect(), pauseAfter(status.attempt) * (0.5 + Math.random()));
  }

  function start(using: SyncOptions): void {
    const settings = {
      path: using.path ?? "/socket.io/",
      withCredentials: using.withCredentials ?? true,
      // Websocket first: polling needs sticky sessions in a cluster.
      transports: using.transports ?? ["websocket", "polling"],
      tryAllTransports: true,
      // A connection of its own: pages that use Socket.IO for other things keep theirs.
      forceNew: true,
      reconnectionDelay: PAUSE.first,
      reconnectionDelayMax: PAUSE.most,
      auth: (done: (data: { token?: string }) => void) => {
        // A connection can break and be made again before a slow token is there. Only the newest
        // attempt may greet the server, or one connection would greet it twice.
        const greeting = ++greetings;
        void currentToken(options?.auth).then((token) => {
          if (greeting === greetings) done(token ? { token } : {});
        });
      },
    };
    const opened = io(using.url ?? "/", settings);
    socket = opened;
    become("connecting");

    opened.on("connect", () => {
      become("connected");
      up.emit(opened);
    });
    opened.on("disconnect", () => {
      // Socket.IO keeps what was sent after an overdue ping and sends it on the next connection.
      // Its request decides for itself whether it is sent again.
      opened.sendBuffer.length = 0;
      become("reconnecting", 0, status.lagging);
      down.emit();
      retryIfGivenUp(opened);
    });
    opened.on("connect_error", () => {
      become(status.status, status.attempt + 1, status.lagging);
      retryIfGivenUp(opened);
    });
    opened.on("sync-lagged", () => become("connected", 0, true));
    opened.on("sync-session-ended", (message: unknown) => {
      // Without a session it would connect as nobody, and hear nothing that it is there for.
      stop();
      become("sessionEnded");
      sessionEnded.emit(readSessionEnd(message));
    });
    opened.onAny((event, message) => messages.emit([event, message]));
    stopListening = onNetwork(() => {
      // Whatever was waited for, it is worth an attempt now.
      if (navigator.onLine && !opened.connected) opened.disconnect().connect();
      statusChanged.emit();
    });
  }

  function stop(): void {
    clearTimeout(retry);
    stopListening();
    const closed = socket;
    socket = undefined;
    if (!closed) return;
    const wasConnected = closed.connected;
    // It may still have something to say.
    closed.off().offAny();
    closed.disconnect();
    if (wasConnected) down.emit();
  }

  return {
    live: () => (socket?.connected ? socket : undefined),
    status: () => {
      // `connecting` or `reconnecting`.
      const isTrying = status.status.endsWith("connecting");
      return isTrying && isOffline() ? { ...status, status: "offline" } : status;
    },
    onStatus: statusChanged.on,
    onUp: up.on,
    onDown: down.on,
    onMessage: messages.on,
    onSessionEnded: sessionEnded.on,
    open(next) {
      const before = options;
      options = next;
      if (socket && before && endpoint(before) === endpoint(next)) return;
      stop();
      start(next);
    },
    reopen() {
      if (!options) return;
      stop();
      start(options);
    },
    close() {
      stop();
      options = undefined;
      become("idle");
    },
  };
}

/** Only browsers know; elsewhere there is no telling. */
function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}

/** Calls `listener` when the browser finds or loses the network. Returns the function that ends it. */
function onNetwork(listener: () => void): () => void {
  if (typeof addEventListener !== "function") return () => {};
  const events = ["online", "offline"];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}

/** What a connection is made with. When it changes, so must the connection. */
function endpoint({ url, path, withCredentials, transports }: SyncOptions): string {
  return JSON.stringify([url, path, withCredentials, transports]);
}
