import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from "react";
import { testIds } from "../test-ids";
import { AssistantIcon } from "./AssistantBadge";

interface Props {
  /** Both resolve with whether it was said. */
  onSay: (text: string) => Promise<boolean>;
  onAsk: (text: string) => Promise<boolean>;
  onTyping: () => void;
  /** Stops the answer to one's own question, when there is one. */
  onStop: (() => void) | null;
}

/** The longest message the server takes, in characters. */
const TEXT_MAX = 2000;
/** Turns what one writes into a question to the assistant. */
const MENTION = /^\s*@assistant\b[\s:,]*/i;

/** Where one writes: to everybody, or to the assistant for all to read. */
export function Composer({ onSay, onAsk, onTyping, onStop }: Props) {
  const [text, setText] = useState("");
  const [asks, setAsks] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const hint = useId();

  function change(next: string): void {
    if (next.trim()) onTyping();
    if (!MENTION.test(next) || !/@assistant[\s:,]/i.test(next)) return setText(next);
    setAsks(true);
    setText(next.replace(MENTION, ""));
  }

  async function submit(event?: FormEvent): Promise<void> {
    event?.preventDefault();
    const wanted = text.trim();
    if (!wanted) return;
    setText("");
    field.current?.focus();
    // Not lost when it was refused, unless there is something new already.
    if (!(await (asks ? onAsk : onSay)(wanted))) setText((now) => now || wanted);
  }

  function onKeyDown(event: KeyboardEvent): void {
    // While an input method is composing, Enter and Escape belong to it.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape" && onStop) {
      event.preventDefault();
      onStop();
    }
  }

  return (
    <form className="composer" data-asks={asks || undefined} onSubmit={(event) => void submit(event)}>
      <button
        type="button"
        className="to-assistant"
        aria-pressed={asks}
        title="Ask the assistant (or begin with @assistant)"
        data-testid={testIds.toAssistant}
        onClick={() => {
          setAsks(!asks);
          field.current?.focus();
        }}
      >
        <AssistantIcon />
        <span>Ask</span>
      </button>
      <textarea
        ref={field}
        rows={1}
        aria-label={asks ? "Question to the assistant" : "Message to everybody"}
        aria-describedby={hint}
        placeholder={asks ? "Ask the assistant" : "Message everybody"}
        data-testid={testIds.chatText}
        maxLength={TEXT_MAX}
        autoFocus
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" className="button primary send" data-testid={testIds.chatSend}>
        {asks ? "Ask" : "Send"}
      </button>
      <p className="visually-hidden" id={hint}>
        Enter sends, Shift and Enter begins a new line. Escape stops the answer to your question.
      </p>
    </form>
  );
}
