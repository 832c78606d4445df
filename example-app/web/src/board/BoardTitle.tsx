import { syncRequest } from "sync-client";
import { type FormEvent, useState } from "react";
import { testIds } from "../test-ids";
import { type Failed, ROOM } from "./useBoard";

/** The name of the board, which anybody here may change by clicking on it. */
export function BoardTitle({ title, onFailed }: { title: string; onFailed: (error: Failed) => void }) {
  const [draft, setDraft] = useState<string | null>(null);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    const wanted = draft?.trim();
    setDraft(null);
    if (!wanted || wanted === title) return;
    const answer = await syncRequest({
      name: "board/settings/renameBoard",
      version: "v1",
      data: { title: wanted },
      receiver: ROOM,
    });
    if (answer.status === "error") onFailed(answer);
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
    <form onSubmit={(event) => void submit(event)}>
      <input
        className="board-title"
        aria-label="Name of the board"
        data-testid={testIds.boardTitleInput}
        maxLength={200}
        autoFocus
        value={draft}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => void submit()}
        onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
      />
    </form>
  );
}
