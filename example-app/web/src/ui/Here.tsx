import type { SyncUser } from "sync-client";
import type { User } from "../api";
import { testIds } from "../test-ids";
import { Badge } from "./Badge";

/** How many are shown by themselves; of more, the last place says how many there are. */
const PLACES = 6;

interface Props {
  me: User;
  /** Those who are in the room of the page, oneself among them. */
  users: readonly SyncUser[];
}

/** Who else looks at this page now. */
export function Here({ me, users }: Props) {
  const names = users
    .filter(({ id }) => id !== me.id)
    .map((user) => ({ id: user.id, name: nameOf(user) }))
    .sort((a, b) => a.name.localeCompare(b.name));
  const shown = names.length > PLACES ? names.slice(0, PLACES - 1) : names;
  const others = names.slice(shown.length);
  return (
    <ul className="here" aria-label="Also here" data-testid={testIds.here}>
      {shown.map(({ id, name }) => (
        <li key={id} data-user-id={id}>
          <Badge userId={id} name={name} />
          <span className="visually-hidden">{name}</span>
        </li>
      ))}
      {others.length > 0 && (
        <li title={others.map(({ name }) => name).join(", ")}>
          <span className="badge" aria-hidden="true">
            +{others.length}
          </span>
          <span className="visually-hidden">and {others.length} more</span>
        </li>
      )}
    </ul>
  );
}

/** As the server tells it of every user. */
export function nameOf({ id, name }: SyncUser): string {
  return typeof name === "string" ? name : id;
}
