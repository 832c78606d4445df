import type { CSSProperties } from "react";
import { hueOf, initialsOf } from "./people";

export const hueStyle = (userId: string) => ({ "--hue": hueOf(userId) }) as CSSProperties;

/** A person as a small disc. The name is beside it or in its title, never only in its colour. */
export function Badge({ userId, name }: { userId: string; name: string }) {
  return (
    <span className="badge" style={hueStyle(userId)} title={name} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
