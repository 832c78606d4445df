/** One request from being asked to being settled: it waits, goes out, and goes out again if it must. */
import { dropped, type SyncError, syncError, timedOut, unavailable } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { createFrames } from "./frames.js";
import type { OfflineRules } from "./offline.js";
import type { Outbox, Waiting } from "./outbox.js";
import { callSafely } from "./signal.js";
import { pauseAfter, startTimer, type Timer } from "./timer.js";
import type { SyncTransport, TransportSettings } from "./transport.js";
import { type Answer, isObject, type JsonObject, type KeptPacket, type Packet, readAnswer } from "./wire.js";

export interface RequestPlan {
  packet: KeptPacket;
  transport: SyncTransport;
  settings: TransportSettings;
  rules: OfflineRules;
  /** Milliseconds for the answer; for the wait before it as well, unless the rules have an age. */
  timeoutMs: number;
  /** Milliseconds from the first sending during which it may be sent again. */
  retryWithinMs: number;
  askedAt: number;
  /** When it was sent for the first time, if an earlier page did. */
  sentAt?: number | undefined;
  /** An earlier page has put it in the store. */
  stored?: boolean;
  /** When it is given up if it could not be sent. */
  expiresAt: number;
  signal?: AbortSignal | undefined;
  onStream?: ((payload: JsonObject) => void) | undefined;
  onSent?: (() => void) | undefined;
}

export function runRequest(outbox: Outbox, plan: RequestPlan): Promise<Answer> {
  const { packet, transport, rules, askedAt, expiresAt, signal, onStream } = plan;
  const newFrame = createFrames();
  const { requestId, ...withoutId } = packet;
  const sent: Packet = { ...(rules.waits && plan.retryWithinMs > 0 ? packet : withoutId) };
  // The session may be another by then without this page having heard: a login in another tab changes the cookie.
  if (rules.identity !== undefined) sent.user = rules.identity;
  return new Promise((resolve) => {
    let sentAt = plan.sentAt;
    let attempts = 0;
    let stored = plan.stored ?? false;
    let exchange: Exchange | undefined;
    let timer: Timer;

    const settle = (answer: Answer) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (stored) rules.store?.remove(requestId);
      resolve(answer);
    };
    const giveUp = (error: SyncError) => {
      outbox.remove(entry);
      exchange?.abandon();
      settle(error);
    };
    const onAbort = () => giveUp(syncError("request.aborted", "Aborted."));
    const onTimeout = () => giveUp(timedOut());
    const expireIn = (ms: number, expire: () => void) => {
      clearTimeout(timer);
      timer = startTimer(ms, expire);
    };

    /** What was sent before may be sent again for so long. Later the server may have forgotten that it ran. */
    const mustGoBy = () => Math.min(expiresAt, (sentAt ?? Infinity) + plan.retryWithinMs);
    /** A clock that was set back does not know when it was sent. */
    const isTooLate = () => mustGoBy() <= Date.now() || (sentAt ?? 0) > Date.now();
    const onWaitedTooLong = () => {
      const sent = sentAt !== undefined;
      const isTooOld = rules.maxAgeMs !== undefined && mustGoBy() === expiresAt;
      giveUp(isTooOld ? dropped("age", sent) : unavailable(sent));
    };
    const keep = () => {
      if (!rules.store || rules.identity === undefined) return;
      stored = true;
      rules.store.put({ packet, identity: rules.identity, askedAt, sentAt, expiresAt });
    };

    const entry: Waiting = {
      receiver: packet.receiver,
      askedAt,
      notBefore: 0,
      identity: rules.identity,
      failsOffline: !rules.waits,
      isReady: transport.isReady,
      queued() {
        expireIn(mustGoBy() - Date.now(), onWaitedTooLong);
        keep();
      },
      drop(reason) {
        if (reason === "offline") settle(unavailable(false));
        else if (reason === "refused") settle(syncError("offline.queueFull", "Too many requests wait."));
        else settle(dropped(reason, sentAt !== undefined));
      },
      send() {
        // Timers stand still while the machine sleeps.
        if (isTooLate()) return onWaitedTooLong();
        expireIn(rules.maxAgeMs === undefined ? expiresAt - Date.now() : plan.timeoutMs, onTimeout);
        attempts += 1;
        const sending: Packet = sentAt === undefined ? sent : { ...sent, repeat: true };
        if (sentAt === undefined) {
          sentAt = Date.now();
          if (stored) keep();
        }
        plan.onSent?.();
        exchange = transport.send(sending, { answer, lost, progress: onStream && progress }, plan.settings);
      },
    };
    const answer = (value: unknown) => settle(readAnswer(value));
    const progress = (payload: unknown) => {
      const frame = isObject(payload) && newFrame(payload);
      if (frame) callSafely(() => onStream?.(frame));
    };
    const lost = () => {
      exchange = undefined;
      // It is not known whether it ran: `sent` tells this apart from a request that did not.
      if (!rules.waits || isTooLate()) return settle(unavailable(true));
      // A socket is not ready before there is another one. Elsewhere the next attempt could be at once.
      entry.notBefore = transport.isReady() ? Date.now() + pauseAfter(attempts - 1) : 0;
      outbox.putBack(entry);
    };

    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    if (!rules.waits && !transport.isReady()) return entry.drop("offline");
    outbox.add(entry, rules.maxSize, rules.dropPolicy);
  });
}
