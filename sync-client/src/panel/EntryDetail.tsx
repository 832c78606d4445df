/** One request, delivery or stream in full. */
import { outcomeOf } from "./EntryRow.js";
import { Json } from "./Json.js";
import type { Entry, Frame, RequestEntry } from "./log.js";
import type { Draft } from "./TryTab.js";
import { ms } from "./units.js";

interface Props {
  entry: Entry;
  onTry: (draft: Draft) => void;
  onHide: () => void;
  onBack: () => void;
}

export function EntryDetail({ entry, onTry, onHide, onBack }: Props) {
  const { tone, text } = outcomeOf(entry);
  return (
    <article>
      <div className="detail-head">
        <button type="button" className="quiet back" onClick={onBack}>
          ← Back
        </button>
        <h3>
          {entry.name} <small>{entry.version}</small>
        </h3>
        <span className="outcome" data-tone={tone}>
          {text}
        </span>
        <span className="gap" />
        {entry.kind === "request" && (
          <button type="button" className="quiet" onClick={() => onTry(draftOf(entry))}>
            Try again
          </button>
        )}
        <button type="button" className="quiet" onClick={onHide}>
          Hide this route
        </button>
      </div>
      {entry.kind === "request" && <Request entry={entry} />}
      {entry.kind === "delivery" && <Json value={entry.delivery} label="Delivery" />}
      {entry.kind === "stream" && <Frames frames={entry.frames} count={entry.frameCount} />}
    </article>
  );
}

function draftOf({ name, version, receiver, data }: RequestEntry): Draft {
  return { name, version, receiver, data: data ?? {} };
}

function Request({ entry }: { entry: RequestEntry }) {
  const { receiver, ignoreSelf, data, answer, frames, frameCount } = entry;
  return (
    <>
      <p className="facts">
        to <b className="mono">{receiver || "nobody"}</b>
        {ignoreSelf && ", not to this session"}
        {entry.sends > 1 && `, sent ${entry.sends} times`}
      </p>
      <Timing entry={entry} />
      <h4>Data</h4>
      <Json value={data ?? {}} label="Data" />
      {frameCount > 0 && (
        <>
          <h4>Stream</h4>
          <Frames frames={frames} count={frameCount} />
        </>
      )}
      <h4>Answer</h4>
      {answer ? (
        <Json value={answer.value.status === "success" ? answer.value.result : answer.value} label="Answer" />
      ) : (
        <p className="muted">Not yet.</p>
      )}
    </>
  );
}

/** Where the time went: before it was sent, until the first word, until the answer. */
function Timing({ entry: { sent, frames, frameCount, answer } }: { entry: RequestEntry }) {
  if (!answer) return null;
  const total = Math.max(answer.after, 0.1);
  const left = sent ?? total;
  // The first payload is known only while all of them are kept.
  const first = frameCount === frames.length ? frames[0]?.after : undefined;
  const parts = [
    { name: "waited on the page", tone: "wait", time: left },
    { name: first === undefined ? "server and network" : "until the first payload", tone: "server", time: (first ?? total) - left },
    { name: "streamed", tone: "stream", time: total - (first ?? total) },
  ].filter(({ time }) => time > 0.05);
  return (
    <div className="timing">
      <div className="bar" aria-hidden="true">
        {parts.map(({ tone, time }) => (
          <i key={tone} data-part={tone} style={{ flexGrow: time / total }} />
        ))}
      </div>
      <ul>
        {parts.map(({ name, tone, time }) => (
          <li key={tone} data-part={tone}>
            {name} <b>{ms(time)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Frames({ frames, count }: { frames: Frame[]; count: number }) {
  return (
    <>
      {count > frames.length && <p className="muted">The last {frames.length} of {count}.</p>}
      <ol className="frames">
        {frames.map(({ after, payload }, i) => (
          <li key={count - frames.length + i}>
            <span className="figure">+{ms(after)}</span>
            <code>{JSON.stringify(payload)}</code>
          </li>
        ))}
      </ol>
    </>
  );
}
