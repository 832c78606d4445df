/** What a developer tool may watch. The core asks for it only where a request or a delivery passes. */
import type { RequestOptions } from "./requests.js";
import type { Answer, Delivery, JsonObject } from "./wire.js";

export interface Inspector {
  /** A request is made. Returns what hears how it goes on. */
  request(options: RequestOptions): RequestWatch;
  /** A delivery or a payload of a stream came, and so many callbacks are there for it. */
  delivery(delivery: Delivery, callbacks: number): void;
}

export interface RequestWatch {
  /** It goes to the server now; again when it is repeated after a reconnect. */
  sent(): void;
  stream(payload: JsonObject): void;
  settled(answer: Answer): void;
}

/** Sends a request, watched by `inspector` if there is one. */
export function watched(
  inspector: Inspector | undefined,
  options: RequestOptions,
  send: (options: RequestOptions) => Promise<Answer>,
): Promise<Answer> {
  if (!inspector) return send(options);
  const watch = inspector.request(options);
  const answer = send({
    ...options,
    onSent: watch.sent,
    onStream(payload) {
      watch.stream(payload);
      options.onStream?.(payload);
    },
  });
  void answer.then(watch.settled);
  return answer;
}
