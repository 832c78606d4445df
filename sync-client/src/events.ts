/** Who hears which deliveries. */
import { createFrames } from "./frames.js";
import { callSafely } from "./signal.js";
import { type Delivery, readDelivery } from "./wire.js";

export type DeliveryCallback = (delivery: Delivery) => void;

/** Which of a route's messages a callback hears. */
export type EventKind = "delivery" | "stream";

export interface Events {
  /**
   * `identity` is what makes a registration the same as an earlier one: a key, by which it replaces
   * that one, or the user's own function, which is called once for both. Returns the function that
   * takes it off again.
   */
  upsert(kind: EventKind, fullName: string, identity: unknown, callback: DeliveryCallback): () => void;
  /** Hands a message of event `sync` to those who listen. */
  receive(message: unknown): void;
}

interface Registration {
  identity: unknown;
  callback: DeliveryCallback;
}

/** `inspect` is told of each delivery, and how many callbacks there are for it. */
export function createEvents(inspect: (delivery: Delivery, callbacks: number) => void): Events {
  const routes = new Map<string, Set<Registration>>();
  const newFrame = createFrames();

  function read(message: unknown): Delivery | undefined {
    const delivery = readDelivery(message);
    if (delivery?.status !== "stream") return delivery;
    const stream = newFrame(delivery.stream);
    return stream && { ...delivery, stream };
  }

  return {
    upsert(kind, fullName, identity, callback) {
      const route = keyOf(kind, fullName);
      const registered = routes.get(route) ?? new Set();
      routes.set(route, registered);
      if (typeof identity === "string") {
        for (const earlier of registered) if (earlier.identity === identity) registered.delete(earlier);
      }
      const registration = { identity, callback };
      registered.add(registration);
      return () => {
        registered.delete(registration);
      };
    },
    receive(message) {
      const delivery = read(message);
      if (!delivery) return;
      const kind: EventKind = delivery.status === "stream" ? "stream" : "delivery";
      const registered = routes.get(keyOf(kind, delivery.fullName)) ?? new Set();
      inspect(delivery, registered.size);
      const called = new Set<unknown>();
      for (const registration of [...registered]) {
        const { identity, callback } = registration;
        // A callback before it, in this very delivery, may have taken it off. A function that two parts
        // of a page have registered is called once.
        if (!registered.has(registration) || called.has(identity)) continue;
        called.add(identity);
        callSafely(() => callback(delivery));
      }
    },
  };
}

function keyOf(kind: EventKind, fullName: string): string {
  return `${kind} ${fullName}`;
}
