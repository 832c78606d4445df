import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { testIds } from "../test-ids";
import type { BoardActions } from "./useBoard";

interface Props {
  laneId: string;
  laneTitle: string;
  onCreate: BoardActions["create"];
}

/** The end of a lane: a button, and the form it turns into. */
export function NewCard({ laneId, laneTitle, onCreate }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [title, setTitle] = useState("");
  const [notes, setNotes] = useState("");
  const opener = useRef<HTMLButtonElement>(null);

  function close() {
    setIsOpen(false);
    setTitle("");
    setNotes("");
    requestAnimationFrame(() => opener.current?.focus());
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!title.trim()) return;
    close();
    if (await onCreate({ title: title.trim(), laneId, privateNotes: notes })) return;
    // What was written comes back with the form, unless the next card is being written.
    setIsOpen(true);
    setTitle((now) => now || title);
    setNotes((now) => now || notes);
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
  };

  if (!isOpen) {
    return (
      <button
        ref={opener}
        type="button"
        className="new-card-open"
        data-testid={testIds.newCardOpen}
        aria-label={`Add a card to ${laneTitle}`}
        onClick={() => setIsOpen(true)}
      >
        <span aria-hidden="true">+</span> Add a card
      </button>
    );
  }
  return (
    <form className="new-card" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
      <input
        aria-label="Title"
        placeholder="What is it about?"
        data-testid={testIds.newCardTitle}
        maxLength={200}
        required
        autoFocus
        autoComplete="off"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <textarea
        aria-label="Private notes"
        placeholder="Notes for yourself (optional)"
        data-testid={testIds.newCardNotes}
        maxLength={4000}
        rows={2}
        value={notes}
        onChange={(event) => setNotes(event.target.value)}
      />
      <div className="row">
        <button
          type="submit"
          className="button primary small"
          data-testid={testIds.newCardSubmit}
        >
          Add
        </button>
        <button type="button" className="button small" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}
