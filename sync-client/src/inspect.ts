/** What a developer tool may watch. The core asks for it only where a request or a delivery passes. */
import type { RequestOptions } from "./requests.js";
import type { Answer, Delivery } from "./wire.js";

export interface Inspector {
  /** A request is made. Sends it with `send`, and gives its answer. */
  request(options: RequestOptions, send: (options: RequestOptions) => Promise<Answer>): Promise<Answer>;
  /** A delivery or a payload of a stream came, and so many callbacks are there for it. */
  delivery(delivery: Delivery, callbacks: number): void;
}
