import { syncRequest } from "sync-client";
import { useSyncEvents } from "sync-client/react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Lane, User } from "../api";
import { messageFor } from "../messages";
import { OF_THIS_PAGE } from "../queue";
import type { Card } from "../sync.gen";
import { testIds } from "../test-ids";
import { Badge } from "../ui/Badge";
import { type BoardActions, ROOM } from "./useBoard";

interface Props {
  card: Card;
  lanes: Lane[];
  me: User;
  actions: BoardActions;
  onClose: () => void;
}

/** An open card. What only its owner may see comes with the delivery that opening it causes. */
export function CardDialog({ card, lanes, me, actions, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const isMine = card.ownerId === me.id;
  /** `null` until they have come, and for ever on somebody else's card. */
  const [notes, setNotes] = useState<string | null>(null);
  const [title, setTitle] = useState(card.title);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);

  useSyncEvents({
    name: "board/showCard",
    version: "v1",
    callback: ({ serverOutput, clientOutput }) => {
      if (serverOutput.status !== "success" || clientOutput.status !== "success") return;
      if (serverOutput.cardId !== card.id) return;
      // Kept once they are here: the owner may be typing when somebody else opens the card.
      const { privateNotes } = clientOutput;
      if (privateNotes !== undefined) setNotes((now) => now ?? privateNotes);
    },
  });

  useEffect(() => {
    dialog.current?.showModal();
    // Its title is read out. A field with the focus would look as if it asked for something.
    dialog.current?.focus();
    const aborted = new AbortController();
    void syncRequest({
      name: "board/showCard",
      version: "v1",
      data: { cardId: card.id },
      receiver: ROOM,
      offline: OF_THIS_PAGE,
      signal: aborted.signal,
    }).then((answer) => {
      if (answer.status === "error" && !aborted.signal.aborted) setError(messageFor(answer));
    });
    return () => aborted.abort();
  }, [card.id]);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (busy || notes === null || !title.trim()) return;
    setBusy(true);
    setError(null);
    const failed = await actions.edit({ cardId: card.id, title: title.trim(), privateNotes: notes });
    setBusy(false);
    if (failed) setError(messageFor(failed));
    else onClose();
  }

  function remove() {
    dialog.current?.close();
    focusBeside(card.id);
    onClose();
    actions.remove(card.id);
  }

  return (
    <dialog
      ref={dialog}
      className="card-dialog"
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      data-testid={testIds.cardDialog}
      onClose={onClose}
      // The dialog itself is only hit where its content is not: on the backdrop.
      onPointerDown={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <form onSubmit={(event) => void save(event)}>
        <header>
          {isMine ? (
            <textarea
              id={`${id}-title`}
              className="dialog-title"
              rows={1}
              aria-label="Title"
              data-testid={testIds.cardDialogTitle}
              maxLength={200}
              required
              value={title}
              onChange={(event) => setTitle(event.target.value.replace(/\s*\n\s*/g, " "))}
              // One line of text, however many it is shown in.
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
                event.preventDefault();
                event.currentTarget.form?.requestSubmit();
              }}
            />
          ) : (
            <h2 id={`${id}-title`} className="dialog-title" data-testid={testIds.cardDialogTitle}>
              {card.title}
            </h2>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label="Close"
            data-testid={testIds.cardDialogClose}
            onClick={() => dialog.current?.close()}
          >
            ×
          </button>
        </header>

        <div className="facts">
          <span className="card-owner">
            <Badge userId={card.ownerId} name={card.ownerName} />
            {isMine ? "Yours" : card.ownerName}
          </span>
          <label>
            <span>in</span>
            <select
              data-testid={testIds.cardDialogLane}
              aria-label="Lane"
              value={card.laneId}
              onChange={(event) =>
                actions.move({ cardId: card.id, toLane: event.target.value, beforeCardId: null })
              }
            >
              {lanes.map((lane) => (
                <option key={lane.id} value={lane.id}>
                  {lane.title}
                </option>
              ))}
            </select>
          </label>
        </div>

        {isMine ? (
          <>
            <label htmlFor={`${id}-notes`}>Private notes</label>
            <textarea
              id={`${id}-notes`}
              data-testid={testIds.privateNotes}
              rows={6}
              maxLength={4000}
              aria-describedby={`${id}-hint`}
              disabled={notes === null}
              placeholder={notes === null ? "Loading…" : "Nobody else sees what you write here."}
              value={notes ?? ""}
              onChange={(event) => setNotes(event.target.value)}
            />
            <p className="hint" id={`${id}-hint`}>
              Only you see these.
            </p>
          </>
        ) : (
          <p className="hidden-notes" data-testid={testIds.privateNotesHidden}>
            Only {card.ownerName} sees the private notes of this card.
          </p>
        )}

        {error && (
          <p className="form-error" role="alert">
            {error}
          </p>
        )}

        {isMine && (
          <footer className="row">
            <button
              type="submit"
              className="button primary"
              data-testid={testIds.cardDialogSave}
              disabled={notes === null}
              aria-busy={busy}
            >
              Save
            </button>
            <button
              type="button"
              className={isDeleting ? "button danger end" : "button quiet end"}
              data-testid={testIds.cardDialogDelete}
              onClick={() => (isDeleting ? remove() : setIsDeleting(true))}
              onBlur={() => setIsDeleting(false)}
            >
              {isDeleting ? "Really delete?" : "Delete"}
            </button>
          </footer>
        )}
      </form>
    </dialog>
  );
}

/** The focus must not vanish with a card: it goes to the next one, or to what makes a new one. */
function focusBeside(cardId: string): void {
  const item = document.querySelector(`[data-card-id="${CSS.escape(cardId)}"]`)?.closest("li");
  const beside = [item?.nextElementSibling, item?.previousElementSibling]
    .map((other) => other?.querySelector<HTMLElement>("[data-card-id]"))
    .find(Boolean);
  const opener = item?.closest("section")?.querySelector<HTMLElement>(".new-card-open");
  (beside ?? opener)?.focus();
}
