/**
 * Requests over HTTP, for networks and servers where that suits better. Deliveries stay on the
 * socket.
 *
 * @module
 */
import { currentToken } from "./auth.js";
import type { ExchangeHandlers } from "./exchange.js";
import { readEvents } from "./sse.js";
import type { SyncTransport, TransportSettings } from "./transport.js";
import { isObject, type Packet } from "./wire.js";

/** What `httpTransport` takes. */
export interface HttpTransportOptions {
  /** Where the routes are: `<url>/sync/<page>/<route>/v<N>`. Default: the origin of `initSync`'s `url`. */
  url?: string;
}

/**
 * For `initSync({ transport: httpTransport() })`, or for one request. Each request is a POST of its
 * own: it does not wait for the socket, and has no order with others. Session cookies or the bearer
 * token go along as `initSync` says. With `onStream` the answer is an event stream. A timeout or an
 * abort breaks it off, which cancels it on the server; one that found no server, or lost it, is
 * sent again until its time is over, and runs once.
 */
export function httpTransport({ url }: HttpTransportOptions = {}): SyncTransport {
  return {
    isReady: () => true,
    send(packet, handlers, settings) {
      const broken = new AbortController();
      const unlessBroken = (then: () => void) => {
        if (!broken.signal.aborted) then();
      };
      post(url, packet, handlers, settings, broken.signal).then(
        (answer) => unlessBroken(() => handlers.answer(answer)),
        () => unlessBroken(handlers.lost),
      );
      return { abandon: () => broken.abort() };
    },
  };
}

/** Gives the envelope. Fails when there is none, since the server was not reached or went away. */
async function post(
  url: string | undefined,
  { name, cb: _, ...body }: Packet,
  { progress }: ExchangeHandlers,
  { auth, withCredentials = true, url: socketUrl }: TransportSettings,
  signal: AbortSignal,
): Promise<unknown> {
  const token = await currentToken(auth);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token) headers["authorization"] = `Bearer ${token}`;
  if (progress) headers["accept"] = "text/event-stream";
  const response = await fetch(addressOf(name, url, socketUrl), {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    credentials: withCredentials ? "include" : "same-origin",
    signal,
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (isStream && response.body) {
    for await (const { event, data } of readEvents(response.body)) {
      if (event === "final") return parseJson(data);
      if (event === "stream" && !signal.aborted) progress?.(parseJson(data));
    }
    throw new Error("The stream has ended without an answer.");
  }
  const answer = parseJson(await response.text());
  // A gateway says so in its own words when the server behind it is away.
  if (!isObject(answer) && response.status >= 502) throw new Error("The server was not reached.");
  return answer;
}

function addressOf(name: string, url: string | undefined, socketUrl: string | undefined): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  if (url !== undefined) return `${url.replace(/\/$/, "")}/${path}`;
  return socketUrl === undefined ? `/${path}` : new URL(`/${path}`, socketUrl).href;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
