/** JSON to read: indented, coloured, and with a button that copies it. */
import { type ReactNode, useState } from "react";

/** Characters that are shown; what is longer is cut, so that a large payload does not stop the page. */
const LONGEST = 20_000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function Json({ value, label }: { value: unknown; label: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const text = toText(value);
  const shown = text.slice(0, LONGEST);

  async function copy() {
    await navigator.clipboard?.writeText(text);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), 1_200);
  }

  return (
    <div className="json">
      <button type="button" className="quiet" aria-label={`Copy: ${label}`} onClick={() => void copy()}>
        {isCopied ? "Copied" : "Copy"}
      </button>
      <pre tabIndex={0} aria-label={label}>
        {paint(shown)}
        {text.length > LONGEST && `\n… ${text.length - LONGEST} characters more`}
      </pre>
    </div>
  );
}

export function toText(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? "nothing";
  } catch {
    return String(value);
  }
}

function paint(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [found, quoted, colon] = match;
    parts.push(text.slice(end, match.index));
    end = match.index + found.length;
    const kind = colon ? "key" : quoted ? "string" : "scalar";
    parts.push(
      <span key={match.index} className={kind}>
        {quoted && colon ? quoted : found}
      </span>,
      colon ?? "",
    );
  }
  return [...parts, text.slice(end)];
}
