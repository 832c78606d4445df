import type { CSSProperties } from "react";
import { testIds } from "../test-ids";
import { hueOf } from "../ui/people";
import type { RemoteCursor } from "./useCursors";

/** The pointers of the other members, over the board. */
export function Cursors({ cursors }: { cursors: RemoteCursor[] }) {
  return (
    <div className="cursors" aria-hidden="true">
      {cursors.map(({ userId, name, x, y }) => (
        <div
          key={userId}
          className="cursor"
          data-testid={testIds.cursor}
          data-user-id={userId}
          style={{ "--hue": hueOf(userId), "--x": x, "--y": y } as CSSProperties}
        >
          <svg viewBox="0 0 16 16" width="18" height="18">
            <path d="M1.5 1.2 14 6.7 8.4 8.6 6 14.3Z" />
          </svg>
          <span>{name}</span>
        </div>
      ))}
    </div>
  );
}
