import { type FormEvent, useState } from "react";
import { testIds } from "../test-ids";

/** The name of the board, which anybody here may change by clicking on it. */
export function BoardTitle({ title, onRename }: { title: string; onRename: (title: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);

  function submit(event?: FormEvent) {
    event?.preventDefault();
    const wanted = draft?.trim();
    setDraft(null);
    if (wanted && wanted !== title) onRename(wanted);
  }

  if (draft === null) {
    return (
      <h1>
        <button
          type="button"
          className="board-title"
          title="Rename the board"
          data-testid={testIds.boardTitle}
          onClick={() => setDraft(title)}
        >
          {title}
        </button>
      </h1>
    );
  }
  return (
    <form onSubmit={submit}>
      <input
        className="board-title"
        aria-label="Name of the board"
        data-testid={testIds.boardTitleInput}
        maxLength={200}
        autoFocus
        value={draft}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => submit()}
        onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
      />
    </form>
  );
}
