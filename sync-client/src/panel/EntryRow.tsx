import { memo } from "react";
import type { Entry } from "./log.js";
import { clock, ms } from "./units.js";

interface Props {
  entry: Entry;
  isSelected: boolean;
  /** Whether Tab comes here; the arrow keys go on from there. */
  isTabStop: boolean;
  onSelect: (id: number) => void;
}

const SIGNS = { request: "↑", delivery: "↓", stream: "≋" } as const;

/** One line of the list. Only those that change are rendered again. */
export const EntryRow = memo(function EntryRow({ entry, isSelected, isTabStop, onSelect }: Props) {
  const { tone, text, figure } = outcomeOf(entry);
  return (
    <li>
      <button
        type="button"
        className="entry"
        data-entry={entry.id}
        data-kind={entry.kind}
        aria-current={isSelected}
        tabIndex={isTabStop ? 0 : -1}
        onClick={() => onSelect(entry.id)}
      >
        <time>{clock(entry.at)}</time>
        <span className="sign" role="img" aria-label={entry.kind}>
          {SIGNS[entry.kind]}
        </span>
        <span className="route">
          {entry.name}
          <small>{entry.version}</small>
        </span>
        <span className="outcome" data-tone={tone}>
          {text}
        </span>
        <span className="figure">{figure}</span>
      </button>
    </li>
  );
});

type Tone = "good" | "bad" | "busy" | "odd" | "plain";

/** How an entry has gone, in a word and a figure. */
export function outcomeOf(entry: Entry): { tone: Tone; text: string; figure: string } {
  switch (entry.kind) {
    case "request": {
      const { answer, sent, frameCount } = entry;
      if (!answer) {
        const streaming = frameCount > 0 ? `${frameCount} payloads` : "under way";
        return { tone: "busy", text: sent === undefined ? "waiting" : streaming, figure: "" };
      }
      const { value, after } = answer;
      if (value.status === "error") return { tone: "bad", text: value.errorCode, figure: ms(after) };
      return { tone: "good", text: frameCount > 0 ? `ok, ${frameCount} payloads` : "ok", figure: ms(after) };
    }
    case "delivery":
      if (entry.delivery.status === "error") return { tone: "bad", text: "refused", figure: "" };
      return listeners(entry.callbacks);
    case "stream":
      return { ...listeners(entry.callbacks), figure: `${entry.frameCount} payloads` };
  }
}

function listeners(callbacks: number): { tone: Tone; text: string; figure: string } {
  if (callbacks === 0) return { tone: "odd", text: "nobody listens", figure: "" };
  return { tone: "plain", text: callbacks === 1 ? "heard" : `heard by ${callbacks}`, figure: "" };
}
