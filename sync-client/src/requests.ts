/** `syncRequest`, below its types: what it takes, checked and made ready to run. */
import { type SyncError, syncError } from "./errors.js";
import { offlineRules, type SyncKeptRequest, type SyncRequestOffline } from "./offline.js";
import type { Outbox } from "./outbox.js";
import { type RequestPlan, runRequest } from "./request.js";
import type { SyncOptions } from "./socket.js";
import type { SyncTransport } from "./transport.js";
import { uuid } from "./uuid.js";
import { type Answer, fullName, type JsonObject, type KeptPacket } from "./wire.js";

export interface RequestOptions {
  name: string;
  version: string;
  receiver: string;
  data?: unknown;
  ignoreSelf?: boolean;
  timeoutMs?: number;
  offline?: SyncRequestOffline;
  transport?: SyncTransport;
  signal?: AbortSignal;
  onStream?: (payload: JsonObject) => void;
  /** It goes to the server now; also when it goes there again. */
  onSent?: () => void;
}

export interface Requests {
  /** Never rejects, and always settles. */
  run(options: RequestOptions): Promise<Answer>;
  /** Runs what an earlier page could not. */
  runKept(kept: SyncKeptRequest): Promise<Answer>;
}

/** Milliseconds. */
export const DEFAULT_TIMEOUT = 30_000;

/**
 * Milliseconds from the first sending during which a request may be sent again. The server
 * remembers answers for five minutes; one is left for what is on its way.
 */
const RETRY_WITHIN = 240_000;

export function createRequests(
  outbox: Outbox,
  socketTransport: SyncTransport,
  options: () => SyncOptions,
): Requests {
  let lastAskedAt = 0;
  /** The time, but no two alike: it is also the place in line. */
  const askedNow = () => (lastAskedAt = Math.max(Date.now(), lastAskedAt + 0.001));

  const plan = (
    { offline, timeoutMs, transport }: Pick<RequestOptions, "offline" | "timeoutMs" | "transport">,
    packet: KeptPacket,
    askedAt: number,
  ): RequestPlan => {
    const settings = options();
    const rules = offlineRules(settings.offlineQueue, offline);
    const answerWithin = timeoutMs ?? settings.timeoutMs ?? DEFAULT_TIMEOUT;
    return {
      packet,
      transport: transport ?? settings.transport ?? socketTransport,
      settings,
      rules,
      timeoutMs: answerWithin,
      retryWithinMs: retryWithin(settings.retry),
      askedAt,
      expiresAt: askedAt + (rules.maxAgeMs ?? answerWithin),
    };
  };

  return {
    async run(request) {
      const mistake = findMistake(request);
      if (mistake) return mistake;
      const packet = toPacket(request);
      if (!packet) return syncError("sync.invalidRequest", "The data is not JSON.");
      const { signal, onStream, onSent } = request;
      return runRequest(outbox, { ...plan(request, packet, askedNow()), signal, onStream, onSent });
    },
    runKept({ packet, identity, askedAt, sentAt, expiresAt }) {
      const fresh = plan({}, packet, askedAt);
      const rules = { ...fresh.rules, identity, maxAgeMs: expiresAt - askedAt };
      return runRequest(outbox, { ...fresh, rules, sentAt, expiresAt, stored: true });
    },
  };
}

function retryWithin(retry: SyncOptions["retry"] = true): number {
  if (typeof retry === "object") return retry.withinMs;
  return retry ? RETRY_WITHIN : 0;
}

/** Nothing for data that is not JSON. */
function toPacket({ name, version, data, receiver, ignoreSelf }: RequestOptions): KeptPacket | undefined {
  try {
    const packet: KeptPacket = {
      name: fullName(name, version),
      cb: `${name}/${version}`,
      // As it is now: it may be sent much later, and sent again it has to be the same.
      data: JSON.parse(JSON.stringify(data ?? {})),
      receiver,
      requestId: uuid(),
    };
    return ignoreSelf ? { ...packet, ignoreSelf } : packet;
  } catch {
    return undefined;
  }
}

/**
 * What the types already forbid, for callers that got round them: plain JavaScript, or a cast. The
 * receiver and the data are judged by the server.
 */
function findMistake({ name, version }: RequestOptions): SyncError | undefined {
  if (!/^[^/\s]+(\/[^/\s]+)+$/.test(name)) {
    return syncError("sync.invalidName", "A name is <page>/<route>.");
  }
  if (!/^v[1-9]\d*$/.test(version)) {
    return syncError("sync.invalidVersion", "A version is v<N>.");
  }
  return undefined;
}
