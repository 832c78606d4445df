/** A form from which a route can be run. */
import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import type { SyncClient } from "../client.js";
import { type Answer, isObject, type JsonObject } from "../wire.js";
import { emptyValue, readGenerated, type RouteInfo, type Shape } from "./generated.js";
import { roomsOf } from "./ConnectionTab.js";
import { InputForm } from "./InputForm.js";
import { Json, toText } from "./Json.js";
import type { Entry } from "./log.js";
import type { SyncPanelOptions } from "./open.js";
import { ms } from "./units.js";

/** What is in the form. */
export interface Draft {
  name: string;
  version: string;
  receiver: string;
  data: unknown;
}

interface Props {
  client: SyncClient;
  entries: readonly Entry[];
  routes: SyncPanelOptions["routes"];
  draft: Draft | undefined;
  onDraft: (draft: Draft) => void;
}

interface Run {
  pending: boolean;
  frames: JsonObject[];
  answer?: Answer;
  took?: number;
}

/** Payloads of a stream that are shown; the latest. */
const FRAMES_MOST = 50;

export function TryTab({ client, entries, routes, draft, onDraft }: Props) {
  const known = useRoutes(routes);
  const choices = useMemo(() => withSeen(known.routes, entries), [known.routes, entries]);
  const [run, setRun] = useState<Run | undefined>();
  const aborted = useRef<AbortController>(undefined);
  useEffect(() => () => aborted.current?.abort(), []);

  const rooms = roomsOf(client).map(({ code }) => code);
  const start = choices[0];
  const now = draft ?? { name: "", version: "", receiver: rooms[0] ?? "", data: {} };
  const route = choices.find(({ name, version }) => name === now.name && version === now.version);

  function choose(key: string): void {
    const chosen = choices.find((one) => keyOf(one) === key) ?? start;
    if (!chosen) return;
    const { name, version } = chosen;
    // What was sent there last is a better start than an empty form.
    const before = entries
      .filter((one) => one.kind === "request")
      .filter((one) => one.name === name && one.version === version)
      .at(-1);
    onDraft({
      name,
      version,
      receiver: before?.receiver ?? now.receiver,
      data: before?.data ?? (isAny(chosen.input) ? {} : emptyValue(chosen.input)),
    });
    setRun(undefined);
  }

  async function send(event: FormEvent) {
    event.preventDefault();
    aborted.current?.abort();
    const controller = new AbortController();
    aborted.current = controller;
    const { signal } = controller;
    const made = performance.now();
    setRun({ pending: true, frames: [] });
    const answer = await client.request({
      ...now,
      signal,
      onStream: (payload) =>
        setRun((soFar) => (soFar && !signal.aborted ? { ...soFar, frames: [...soFar.frames, payload].slice(-FRAMES_MOST) } : soFar)),
    });
    if (aborted.current !== controller) return;
    setRun((soFar) => ({ frames: soFar?.frames ?? [], pending: false, answer, took: performance.now() - made }));
  }

  return (
    <div className="try">
      <form className="scroll padded" onSubmit={(event) => void send(event)}>
        {known.failure && <p className="problem">The generated file could not be loaded: {known.failure}</p>}
        <div className="fields">
          <label htmlFor="route">Route</label>
          <select id="route" value={route ? keyOf(route) : ""} onChange={(event) => choose(event.target.value)}>
            {!route && <option value="">{choices.length === 0 ? "No route is known yet" : "Choose a route"}</option>}
            {choices.map((one) => (
              <option key={keyOf(one)} value={keyOf(one)}>
                {one.name} {one.version}
              </option>
            ))}
          </select>
          <label htmlFor="receiver">Room</label>
          <input
            id="receiver"
            className="mono"
            list="rooms"
            required
            value={now.receiver}
            onChange={(event) => onDraft({ ...now, receiver: event.target.value })}
          />
          <datalist id="rooms">
            {rooms.map((code) => (
              <option key={code} value={code} />
            ))}
          </datalist>
        </div>
        {route && (
          <InputForm
            key={keyOf(route)}
            shape={route.input}
            value={now.data}
            onChange={(data) => onDraft({ ...now, data })}
          />
        )}
        {route && route.errorCodes.length > 0 && (
          <p className="muted">
            May answer <span className="mono">{route.errorCodes.join(", ")}</span>.
          </p>
        )}
        {!routes && (
          <p className="muted">
            These are the routes seen so far. Give the panel your <code>sync.gen.ts</code>, and it knows all of them with
            their inputs.
          </p>
        )}
        <div className="actions">
          <button type="submit" className="primary" disabled={!route || !isObject(now.data)}>
            Send
          </button>
          {run?.pending && (
            <button type="button" className="toggle" onClick={() => aborted.current?.abort()}>
              Cancel
            </button>
          )}
        </div>
      </form>
      <div className="scroll padded" aria-live="polite" aria-busy={run?.pending ?? false}>
        {run ? <Outcome run={run} /> : <p className="empty">The answer appears here. It is a real request: what it does is done.</p>}
      </div>
    </div>
  );
}

function Outcome({ run: { pending, frames, answer, took } }: { run: Run }) {
  return (
    <>
      {pending && <p className="muted">Under way…</p>}
      {answer && (
        <p className="facts">
          <span className="outcome" data-tone={answer.status === "success" ? "good" : "bad"}>
            {answer.status === "success" ? "ok" : answer.errorCode}
          </span>{" "}
          {took !== undefined && `after ${ms(took)}`}
        </p>
      )}
      {answer && <Json value={answer.status === "success" ? answer.result : answer} label="Answer" />}
      {frames.length > 0 && (
        <>
          <h4>Stream</h4>
          <Json value={frames.length === 1 ? frames[0] : frames} label="Stream" />
        </>
      )}
    </>
  );
}

const keyOf = ({ name, version }: { name: string; version: string }) => `${name}/${version}`;
const isAny = (shape: Shape) => shape.kind === "any";

/** The generated file, loaded and read. */
function useRoutes(source: SyncPanelOptions["routes"]): { routes: RouteInfo[]; failure?: string } {
  const [known, setKnown] = useState<{ routes: RouteInfo[]; failure?: string }>({ routes: [] });
  useEffect(() => {
    if (source === undefined) return;
    let wanted = true;
    Promise.resolve(typeof source === "function" ? source() : source)
      .then((text) => wanted && setKnown({ routes: readGenerated(text) }))
      .catch((error: unknown) => wanted && setKnown({ routes: [], failure: error instanceof Error ? error.message : toText(error) }));
    return () => {
      wanted = false;
    };
  }, [source]);
  return known;
}

/** Routes that are not in the file but have been seen: a page may be newer, or there is no file. */
function withSeen(routes: RouteInfo[], entries: readonly Entry[]): RouteInfo[] {
  const all = new Map(routes.map((route) => [keyOf(route), route]));
  for (const { name, version } of entries) {
    const key = keyOf({ name, version });
    if (!all.has(key)) all.set(key, { name, version, input: { kind: "any" }, errorCodes: [] });
  }
  return [...all.values()].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}
