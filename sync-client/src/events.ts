/** Who hears which deliveries. */
import { createFrames } from "./frames.js";
import { callSafely } from "./signal.js";
import { type Delivery, readDelivery } from "./wire.js";

export type DeliveryCallback = (delivery: Delivery) => void;

/** Which of a route's messages a callback hears. */
export type EventKind = "delivery" | "stream";

export interface Events {
  /**
   * `identity` is what makes a registration the same as an earlier one, which it then replaces: a
   * key, or the user's own function. Returns the function that takes it off again.
   */
  upsert(kind: EventKind, fullName: string, identity: unknown, callback: DeliveryCallback): () => void;
  /** Hands a message of event `sync` to those who listen. */
  receive(message: unknown): void;
  dispatch(delivery: Delivery): void;
}

interface Registration {
  callback: DeliveryCallback;
  /** How often one and the same function has been registered. */
  count: number;
}

/** `inspect` is told of each delivery, and how many callbacks there are for it. */
export function createEvents(inspect: (delivery: Delivery, callbacks: number) => void): Events {
  const routes = new Map<string, Map<unknown, Registration>>();
  const newFrame = createFrames();

  const dispatch = (delivery: Delivery) => {
    const kind: EventKind = delivery.status === "stream" ? "stream" : "delivery";
    const registered = routes.get(`${kind} ${delivery.fullName}`);
    inspect(delivery, registered?.size ?? 0);
    if (!registered) return;
    for (const identity of [...registered.keys()]) {
      // Looked up anew: a callback before it, in this very delivery, may have taken it off.
      const registration = registered.get(identity);
      if (registration) callSafely(() => registration.callback(delivery));
    }
  };

  return {
    upsert(kind, fullName, identity, callback) {
      const route = `${kind} ${fullName}`;
      const registered = routes.get(route) ?? new Map<unknown, Registration>();
      routes.set(route, registered);
      const before = registered.get(identity);
      // A key names one registration: the new one takes over. A function registered by two parts
      // of a page is called once, until both have taken it off.
      const shared = typeof identity === "function" && before !== undefined;
      const registration = shared ? before : { callback, count: 0 };
      registration.count += 1;
      registered.set(identity, registration);

      let active = true;
      return () => {
        if (!active) return;
        active = false;
        registration.count -= 1;
        if (registration.count > 0 || registered.get(identity) !== registration) return;
        registered.delete(identity);
        if (registered.size === 0 && routes.get(route) === registered) routes.delete(route);
      };
    },
    receive(message) {
      const delivery = readDelivery(message);
      if (delivery?.status !== "stream") {
        if (delivery) dispatch(delivery);
        return;
      }
      const stream = newFrame(delivery.stream);
      if (stream) dispatch({ ...delivery, stream });
    },
    dispatch,
  };
}
