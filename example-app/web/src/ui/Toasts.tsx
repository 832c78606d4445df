import { useCallback, useRef, useState } from "react";
import { testIds } from "../test-ids";

interface Toast {
  id: number;
  text: string;
}

/** How long a message stays, in milliseconds. */
const STAYS = 6_000;

/** Short messages about something that failed. */
export function useToasts() {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);

  const dismiss = useCallback((id: number) => {
    setToasts((now) => now.filter((toast) => toast.id !== id));
  }, []);

  const say = useCallback(
    (text: string) => {
      const id = next.current++;
      // The newest three: more would hide the board.
      setToasts((now) => [...now.filter((toast) => toast.text !== text), { id, text }].slice(-3));
      setTimeout(() => dismiss(id), STAYS);
    },
    [dismiss],
  );

  const list = (
    <div className="toasts" role="alert">
      {toasts.map((toast) => (
        <p key={toast.id} className="toast" data-testid={testIds.toast}>
          <span>{toast.text}</span>
          <button type="button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            ×
          </button>
        </p>
      ))}
    </div>
  );
  return { say, list };
}
