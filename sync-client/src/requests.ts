/** `syncRequest`, below its types: one promise that always settles and never rejects. */
import { type SyncError, syncError, unavailable } from "./errors.js";
import { ask, type Exchange } from "./exchange.js";
import type { Outbox, Waiting } from "./outbox.js";
import { callSafely } from "./signal.js";
import type { Connection } from "./socket.js";
import { startTimer, type Timer } from "./timer.js";
import { uuid } from "./uuid.js";
import { type Answer, fullName, isObject, type JsonObject, readAnswer } from "./wire.js";

export interface RequestOptions {
  name: string;
  version: string;
  receiver: string;
  data?: unknown;
  ignoreSelf?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal;
  onStream?: (payload: JsonObject) => void;
  /** It goes to the server now. */
  onSent?: () => void;
}

export function sendRequest(
  connection: Connection,
  outbox: Outbox,
  defaultTimeoutMs: number,
  options: RequestOptions,
): Promise<Answer> {
  const invalid = findMistake(options);
  if (invalid) return Promise.resolve(invalid);

  const { receiver, signal, onStream } = options;
  const packet = toPacket(options);
  return new Promise((resolve) => {
    let exchange: Exchange | undefined;
    let timer: Timer;

    const settle = (answer: Answer) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      resolve(answer);
    };
    const giveUp = (error: SyncError) => {
      outbox.remove(entry);
      exchange?.abandon();
      settle(error);
    };
    const onAbort = () => giveUp(syncError("request.aborted", "The request was aborted."));
    const onTimeout = () => {
      giveUp(
        exchange
          ? syncError("sync.requestTimeout", "The server did not answer in time.")
          : unavailable(false),
      );
    };
    const entry: Waiting = {
      receiver,
      drop: () => settle(unavailable(false)),
      send() {
        options.onSent?.();
        try {
          exchange = ask(connection, "sync", packet, {
            answer: (value) => settle(readAnswer(value)),
            // It is not known whether it ran: `sent` tells this apart from a request that did not.
            lost: () => settle(unavailable(true)),
            progress: (payload) => {
              if (onStream && isObject(payload)) callSafely(() => onStream(payload));
            },
          });
        } catch {
          settle(syncError("sync.invalidRequest", "The data cannot be written as JSON."));
        }
      },
    };

    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    timer = startTimer(options.timeoutMs ?? defaultTimeoutMs, onTimeout);
    if (!outbox.add(entry)) {
      settle(syncError("offline.queueFull", "Too many requests wait for the connection."));
    }
  });
}

function toPacket({ name, version, data, receiver, ignoreSelf }: RequestOptions): JsonObject {
  const packet: JsonObject = {
    name: fullName(name, version),
    cb: `${name}/${version}`,
    data: data ?? {},
    receiver,
    requestId: uuid(),
  };
  if (ignoreSelf) packet["ignoreSelf"] = true;
  return packet;
}

/** What the types already forbid, for callers that got round them: plain JavaScript, or a cast. */
function findMistake({ name, version, receiver, data }: RequestOptions): SyncError | undefined {
  if (typeof name !== "string" || !/^[^/\s]+(\/[^/\s]+)+$/.test(name)) {
    return syncError("sync.invalidName", "A name is <page>/<route>.");
  }
  if (typeof version !== "string" || !/^v[1-9]\d*$/.test(version)) {
    return syncError("sync.invalidVersion", "A version is v1, v2, and so on.");
  }
  if (typeof receiver !== "string" || receiver === "") {
    return syncError("sync.missingReceiver", "A request needs the room it is for.");
  }
  if (data !== undefined && !isObject(data)) {
    return syncError("sync.invalidRequest", "The data of a request is an object.");
  }
  return undefined;
}
