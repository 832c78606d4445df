import { useState } from "react";
import { syncClient } from "../client.js";
import type {
  NoStream,
  SyncError,
  SyncRequestData,
  SyncRequestOffline,
  SyncRequestOptions,
  SyncResponse,
  SyncRouteErrorCode,
  SyncRouteName,
  SyncRouteVersion,
  SyncServerOutput,
  SyncServerStream,
  SyncTransport,
} from "../index.js";
import { type Answer, type JsonObject, typed } from "../wire.js";
import { useCommitEffect, useLatest } from "./commit.js";

/** What `useSyncRequest` takes. */
export interface SyncRequestHookOptions<N extends SyncRouteName, V extends SyncRouteVersion<N>> {
  /** `"<page>/<route>"`, as in the folders of the server. */
  name: N;
  version: V;
  /** The code of the room whose members hear of it. */
  receiver: string;
  /** As in `syncRequest`. Default: false. */
  ignoreSelf?: boolean;
  /** As in `syncRequest`. Default: that of `initSync`, 30 000. */
  timeoutMs?: number;
  /** As in `syncRequest`. */
  offline?: SyncRequestOffline;
  /** As in `syncRequest`. */
  transport?: SyncTransport;
  /**
   * Cancels what is under way, here and on the server, when the component goes. Default: false, so
   * that a save goes on although its form has closed.
   */
  cancelOnUnmount?: boolean;
}

/** Puts the payloads of a stream together into one value. */
export interface SyncStreamReducer<N extends SyncRouteName, V extends SyncRouteVersion<N>, S> {
  /** What `stream` is before the first payload of a call. */
  initial: S;
  /** What it is after one more. */
  add: [SyncServerStream<N, V>] extends [never]
    ? NoStream
    : (soFar: S, payload: SyncServerStream<N, V>) => S;
}

/** What one call may set differently. */
export type SyncCallOptions = Partial<
  Pick<
    SyncRequestHookOptions<never, never>,
    "receiver" | "ignoreSelf" | "timeoutMs" | "offline" | "transport"
  >
> & {
  /** Aborting settles the call with `request.aborted` and cancels it on the server. */
  signal?: AbortSignal;
};

type CallArguments<Data> = {} extends Data
  ? [data?: Data, options?: SyncCallOptions]
  : [data: Data, options?: SyncCallOptions];

/** What `useSyncRequest` gives: the state of the latest call, and what one can do. */
export interface SyncRequestHook<
  in out N extends SyncRouteName,
  in out V extends SyncRouteVersion<N>,
  out S,
> {
  /** The latest call is under way. */
  pending: boolean;
  /** What the latest call brought, once it has. */
  result: SyncServerOutput<N, V> | undefined;
  /** Why the latest call failed, once it has. */
  error: SyncError<SyncRouteErrorCode<N, V>> | undefined;
  /** Of the latest call: the last payload, or what the reducer has made of all so far. */
  stream: S;
  /**
   * Runs the route, and resolves as `syncRequest` does. What is shown is then this call; an earlier
   * one that is still under way goes on and settles its own promise.
   */
  send(...call: CallArguments<SyncRequestData<N, V>>): Promise<SyncResponse<N, V>>;
  /**
   * Ends the latest call, here and on the server. Its promise settles with `request.aborted`, which
   * is not shown as an error; the stream so far stays.
   */
  cancel(): void;
  /** Shows nothing, as before the first call. A call under way goes on unseen. */
  reset(): void;
}

/**
 * A route as a component asks it: `send` runs it, and the component renders with what comes of it.
 * Several calls may be under way; the latest is the one that is shown. Nothing is called or
 * rendered once the component is gone.
 *
 * `stream` is the last payload. With `stream: { initial, add }` it is all of them put together, such
 * as the text of an assistant.
 */
export function useSyncRequest<N extends SyncRouteName, V extends SyncRouteVersion<N>, S>(
  options: SyncRequestHookOptions<N, V> & { stream: SyncStreamReducer<N, V, S> },
): SyncRequestHook<N, V, S>;
export function useSyncRequest<N extends SyncRouteName, V extends SyncRouteVersion<N>>(
  options: SyncRequestHookOptions<N, V> & { stream?: undefined },
): SyncRequestHook<N, V, SyncServerStream<N, V> | undefined>;
export function useSyncRequest(options: object): object {
  const plain = typed<Options>(options);
  const latest = useLatest(plain);
  const [caller] = useState(() => createCaller(plain));
  const [state, show] = useState(caller.state);
  useCommitEffect(() => caller.mount(() => latest.current, show), [caller]);
  return { ...state, send: caller.send, cancel: caller.cancel, reset: caller.reset };
}

/** The options below their types. */
interface Options extends SyncRequestHookOptions<never, never> {
  stream?: { initial: unknown; add: (soFar: unknown, payload: JsonObject) => unknown };
}

interface State {
  pending: boolean;
  result: JsonObject | undefined;
  error: SyncError | undefined;
  stream: unknown;
}

/** The calls of one component. Its functions stay the same from render to render. */
function createCaller(first: Options) {
  let options = () => first;
  /** Only while the component is there. */
  let show: ((state: State) => void) | undefined;
  let state = empty(first);
  const running = new Set<AbortController>();
  let latest: AbortController | undefined;

  function become(next: State): void {
    state = next;
    show?.(state);
  }

  async function send(data?: unknown, call: SyncCallOptions = {}): Promise<Answer> {
    const { stream, cancelOnUnmount: _, ...route } = options();
    const { signal, ...own } = call;
    const controller = new AbortController();
    const abort = () => controller.abort();
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    running.add(controller);
    latest = controller;
    become({ ...empty(options()), pending: true });

    const answer = await syncClient().request({
      ...route,
      ...own,
      data,
      signal: controller.signal,
      onStream: (payload) => {
        if (latest !== controller || !show) return;
        become({ ...state, stream: stream ? stream.add(state.stream, payload) : payload });
      },
    });

    signal?.removeEventListener("abort", abort);
    running.delete(controller);
    if (latest === controller) {
      const outcome = answer.status === "success" ? { result: answer.result } : { error: answer };
      become({ ...state, ...outcome, pending: false });
    }
    return answer;
  }

  return {
    state: () => state,
    send,
    cancel() {
      if (!latest || !running.has(latest)) return;
      latest.abort();
      latest = undefined;
      become({ ...state, pending: false });
    },
    reset() {
      latest = undefined;
      become(empty(options()));
    },
    mount(current: () => Options, setState: (state: State) => void) {
      options = current;
      show = setState;
      return () => {
        show = undefined;
        if (!options().cancelOnUnmount) return;
        for (const controller of running) controller.abort();
      };
    },
  };
}

function empty({ stream }: Options): State {
  return { pending: false, result: undefined, error: undefined, stream: stream?.initial };
}
