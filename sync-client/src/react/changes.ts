/** The changes of one component that its base does not have yet. Below the types of the routes. */
import { syncClient } from "../client.js";
import type { RequestOptions } from "../requests.js";
import { subscribe } from "../subscribe.js";
import { type Answer, type Delivery, fullName, type JsonObject } from "../wire.js";

/**
 * Milliseconds that an answered change waits for its delivery. It comes right after the answer, or
 * not at all: the connection broke, or the page has left the room.
 */
const DELIVERY_WITHIN = 5_000;
/** Deliveries of its route that are kept for a change without an answer: the latest of them. */
const EARLY_MOST = 64;

export interface ChangeRequest<Change> extends RequestOptions {
  change: Change;
  commit?: (result: JsonObject) => void;
}

export interface Changes<Change> {
  request(options: ChangeRequest<Change>): Promise<Answer>;
  rebase(): void;
  /** Shows the changes from now on, until the function returned is called. */
  mount(show: (pending: readonly Change[]) => void): () => void;
}

interface Entry<Change> {
  change: Change;
  route: string;
  /** The server has said yes; the delivery that puts the change into the base is on its way. */
  result?: JsonObject;
  /** Over HTTP a delivery, which comes on the socket, may overtake the answer. */
  early: JsonObject[];
  timer?: ReturnType<typeof setTimeout>;
  stopListening: () => void;
}

export function createChanges<Change>(): Changes<Change> {
  const entries = new Set<Entry<Change>>();
  /** Only while the component is there. */
  let show: ((pending: readonly Change[]) => void) | undefined;

  const refresh = () => show?.([...entries].map(({ change }) => change));

  function add({ name, version, change }: ChangeRequest<Change>): Entry<Change> {
    const entry: Entry<Change> = {
      change,
      route: fullName(name, version),
      early: [],
      // One function for all, so that it hears a delivery once, however many wait for it.
      stopListening: subscribe("delivery", { name, version, callback: hear }),
    };
    entries.add(entry);
    refresh();
    return entry;
  }

  function drop(entry: Entry<Change>): void {
    clearTimeout(entry.timer);
    entry.stopListening();
    if (entries.delete(entry)) refresh();
  }

  /**
   * Nothing in a delivery names its request, but what the room is sent is what the request was
   * answered. Another's with the same output will do: it has made the same change.
   */
  function hear(delivery: Delivery): void {
    if (delivery.status !== "success") return;
    const output = delivery.serverOutput;
    const concerned = [...entries].filter(({ route }) => route === delivery.fullName);
    const own = concerned.find(({ result }) => result && sameJson(result, output));
    if (own) return drop(own);
    for (const entry of concerned) {
      if (!entry.result) entry.early = [...entry.early, output].slice(-EARLY_MOST);
    }
  }

  return {
    async request(options) {
      const { change: _, commit, ...request } = options;
      const entry = add(options);
      const answer = await syncClient().request(request);
      if (answer.status === "success") {
        if (commit && show) commit(answer.result);
        const heard = entry.early.some((output) => sameJson(output, answer.result));
        if (!commit && !request.ignoreSelf && !heard) {
          entry.result = answer.result;
          entry.early = [];
          entry.timer = setTimeout(() => drop(entry), DELIVERY_WITHIN);
          return answer;
        }
      }
      drop(entry);
      return answer;
    },
    rebase() {
      for (const entry of [...entries]) if (entry.result) drop(entry);
    },
    mount(setPending) {
      show = setPending;
      return () => {
        show = undefined;
      };
    },
  };
}

/** The server writes an output once, so that members come in the same order wherever it is read. */
function sameJson(one: JsonObject, other: JsonObject): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
