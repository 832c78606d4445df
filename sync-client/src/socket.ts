/** The one connection of the page: opening, reopening, and what state it is in. */
import { io, type Socket } from "socket.io-client";
import { createSignal, type Signal } from "./signal.js";

/** A session token, or a function that gives the current one each time a connection is made. */
export type SyncAuth =
  | string
  | (() => string | null | undefined | Promise<string | null | undefined>);

export interface SyncOptions {
  /** Where the server is. Default: the page's own origin. */
  url?: string;
  /** Path of the Socket.IO endpoint. Default: `/socket.io/`. */
  path?: string;
  /**
   * A bearer token for the handshake. Leave it out where the session is in a cookie, which is the
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
  offlineQueue?: {
    /** How many may wait; one more settles with `offline.queueFull`. Default: 100. */
    maxSize?: number;
  };
}

export interface SyncStatus {
  /**
   * `idle` before `initSync` and after `disconnectSync`; `connecting` until the first connection
   * stands; `reconnecting` after one was lost.
   */
  status: "idle" | "connecting" | "connected" | "reconnecting";
  /** Attempts that failed since there was a connection; 0 while connected. */
  attempt: number;
}

export interface Connection {
  /** The socket, only while it is connected. */
  live(): Socket | undefined;
  status(): SyncStatus;
  onStatus: Signal<SyncStatus>["on"];
  /** The connection stands. */
  onUp: Signal<Socket>["on"];
  /** The connection was lost or closed; what was under way on it gets no answer any more. */
  onDown: Signal<void>["on"];
  /** A message on event `sync`. */
  onSync: Signal<unknown>["on"];
  open(options: SyncOptions): void;
  /** Closes the connection and makes a new one with the same options. */
  reopen(): void;
  close(): void;
}

export const IDLE: SyncStatus = { status: "idle", attempt: 0 };
/** Milliseconds before the first attempt after a loss, and the most they grow to. Jittered by half. */
const RETRY_DELAY = { first: 500, most: 5_000 };

export function createConnection(): Connection {
  const statusChanged = createSignal<SyncStatus>();
  const up = createSignal<Socket>();
  const down = createSignal<void>();
  const sync = createSignal<unknown>();
  let status = IDLE;
  let options: SyncOptions | undefined;
  let socket: Socket | undefined;
  let greetings = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function become(next: SyncStatus["status"], attempt = 0): void {
    if (status.status === next && status.attempt === attempt) return;
    status = { status: next, attempt };
    statusChanged.emit(status);
  }

  /**
   * Socket.IO reconnects by itself except when the server closed the connection or refused the
   * handshake. A restarting server does the former, an overloaded one the latter: both pass.
   */
  function retryIfGivenUp(opened: Socket): void {
    if (opened.active) return;
    const delay = Math.min(RETRY_DELAY.first * 2 ** status.attempt, RETRY_DELAY.most);
    clearTimeout(retry);
    retry = setTimeout(() => opened.connect(), delay * (0.5 + Math.random()));
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
      reconnectionDelay: RETRY_DELAY.first,
      reconnectionDelayMax: RETRY_DELAY.most,
      auth: (done: (data: { token?: string }) => void) => {
        // A connection can break and be made again before a slow token is there. Only the newest
        // attempt may greet the server, or one connection would greet it twice.
        const greeting = ++greetings;
        void currentToken(options?.auth).then((token) => {
          if (greeting === greetings) done(token ? { token } : {});
        });
      },
    };
    const opened = using.url === undefined ? io(settings) : io(using.url, settings);
    socket = opened;
    become("connecting");

    // After `stop` a socket may still have something to say; it is no longer listened to.
    const current = (listener: () => void) => () => {
      if (socket === opened) listener();
    };
    const failed = () => {
      become(status.status === "connecting" ? "connecting" : "reconnecting", status.attempt + 1);
    };
    opened.on("connect", current(() => {
      become("connected");
      up.emit(opened);
    }));
    opened.on("disconnect", current(() => {
      // Socket.IO keeps what was sent after an overdue ping and sends it on the next connection.
      // Its request has just settled with an error: it must not run after all.
      opened.sendBuffer.length = 0;
      become("reconnecting");
      down.emit();
      retryIfGivenUp(opened);
    }));
    opened.on("connect_error", current(() => {
      failed();
      retryIfGivenUp(opened);
    }));
    opened.on("sync", (message: unknown) => {
      if (socket === opened) sync.emit(message);
    });
  }

  function stop(): void {
    clearTimeout(retry);
    const closed = socket;
    socket = undefined;
    if (!closed) return;
    const wasConnected = closed.connected;
    closed.disconnect();
    if (wasConnected) down.emit();
  }

  return {
    live: () => (socket?.connected ? socket : undefined),
    status: () => status,
    onStatus: statusChanged.on,
    onUp: up.on,
    onDown: down.on,
    onSync: sync.on,
    open(next) {
      const before = options;
      options = next;
      if (socket && before && sameEndpoint(before, next)) return;
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

function sameEndpoint(a: SyncOptions, b: SyncOptions): boolean {
  return (
    a.url === b.url &&
    a.path === b.path &&
    a.withCredentials === b.withCredentials &&
    (a.transports ?? []).join() === (b.transports ?? []).join()
  );
}

async function currentToken(auth: SyncAuth | undefined): Promise<string | null | undefined> {
  if (typeof auth !== "function") return auth;
  try {
    return await auth();
  } catch (error) {
    console.error("sync-client: auth() failed; connecting without a token.", error);
    return undefined;
  }
}
