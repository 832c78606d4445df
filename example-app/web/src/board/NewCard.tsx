import { syncRequest } from "sync-client";
import { type FormEvent, type KeyboardEvent, useRef, useState } from "react";
import { testIds } from "../test-ids";
import { type Failed, ROOM } from "./useBoard";

interface Props {
  laneId: string;
  laneTitle: string;
  onFailed: (error: Failed) => void;
}

/** The end of a lane: a button, and the form it turns into. */
export function NewCard({ laneId, laneTitle, onFailed }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [title, setTitle] = useState("");
  const [notes, setNotes] = useState("");
  const [busy, setBusy] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);

  function close() {
    setIsOpen(false);
    setTitle("");
    setNotes("");
    requestAnimationFrame(() => opener.current?.focus());
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy || !title.trim()) return;
    setBusy(true);
    const answer = await syncRequest({
      name: "board/createCard",
      version: "v1",
      data: { title, laneId, privateNotes: notes },
      receiver: ROOM,
    });
    setBusy(false);
    if (answer.status === "error") onFailed(answer);
    else close();
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
          aria-busy={busy}
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
