/** One question over the socket, and what comes back for it. */
import { timedOut, unavailable } from "./errors.js";
import type { Connection } from "./socket.js";
import { startTimer } from "./timer.js";
import { type JsonObject, readCancelId } from "./wire.js";

export interface ExchangeHandlers {
  answer(value: unknown): void;
  /** The connection broke; no answer will come. */
  lost(): void;
  progress?: ((payload: unknown) => void) | undefined;
}

export interface Exchange {
  /** Hears no more. Tells the server to stop, at once or as soon as it says how. */
  abandon(): void;
}

/** Milliseconds an abandoned request still waits for the id by which the server can cancel it. */
const CANCEL_ID_WAIT = 30_000;

let lastIndex = 0;

/**
 * Sends `payload`, which must be JSON, as `event` with a `responseIndex` of its own and listens for
 * the answer. Only to be called while connected.
 */
export function ask(
  connection: Connection,
  event: string,
  payload: JsonObject,
  handlers: ExchangeHandlers,
): Exchange {
  const socket = connection.live();
  if (!socket) {
    handlers.lost();
    return { abandon: () => {} };
  }
  const responseIndex = ++lastIndex;
  const answerEvent = `${event}-${responseIndex}`;
  const progressEvent = `${event}-progress-${responseIndex}`;
  let cancelId: string | undefined;
  let isHeard = true;
  let lingering: ReturnType<typeof setTimeout> | undefined;

  const close = () => {
    isHeard = false;
    clearTimeout(lingering);
    socket.off(answerEvent, onAnswer);
    socket.off(progressEvent, onProgress);
    offDown();
  };
  const cancel = () => {
    close();
    if (socket.connected) socket.emit("syncCancel", { cb: cancelId });
  };
  const end = (tell: () => void) => {
    const wasHeard = isHeard;
    close();
    if (wasHeard) tell();
  };
  const onAnswer = (value: unknown) => end(() => handlers.answer(value));
  const onProgress = (value: unknown) => {
    if (cancelId === undefined) {
      cancelId = readCancelId(value);
      if (cancelId !== undefined) {
        if (!isHeard) cancel();
        return;
      }
    }
    if (isHeard) handlers.progress?.(value);
  };
  const offDown = connection.onDown(() => end(handlers.lost));

  socket.on(answerEvent, onAnswer);
  socket.on(progressEvent, onProgress);
  socket.emit(event, { ...payload, responseIndex });

  return {
    abandon() {
      if (!isHeard) return;
      isHeard = false;
      if (cancelId !== undefined) cancel();
      else lingering = setTimeout(close, CANCEL_ID_WAIT);
    },
  };
}

/**
 * Asks as soon as there is a connection, and gives the answer, or an error if none comes within
 * `timeoutMs`. `settle` is called before anything that came after the answer is looked at. Returns
 * the function that gives the question up.
 */
export function askInTime(
  connection: Connection,
  event: string,
  payload: JsonObject,
  timeoutMs: number,
  settle: (value: unknown) => void,
): () => void {
  let sent = false;
  let stop = () => {};
  const giveUp = () => {
    clearTimeout(timer);
    stop();
  };
  const end = (value: unknown) => {
    giveUp();
    settle(value);
  };
  const timer = startTimer(timeoutMs, () => end(sent ? timedOut() : unavailable(false)));
  const send = () => {
    stop();
    sent = true;
    stop = ask(connection, event, payload, { answer: end, lost: () => end(unavailable(true)) }).abandon;
  };
  if (connection.live()) send();
  else stop = connection.onUp(send);
  return giveUp;
}
