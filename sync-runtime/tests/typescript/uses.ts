// Compiled together with the generated file of the broad set.
import type { Register } from "sync-client";
import type { Card, Everything, Page, SyncRoutes, board_moveCard_server_v1 } from "./sync.gen";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

// The generated file registers itself.
same<Register extends { routes: infer Routes } ? Routes : never, SyncRoutes>(true);

// A handler file's own `Card` is another one than the shared `Card`.
same<SyncRoutes["board/moveCard"]["v1"]["serverOutput"]["card"], { id: string }>(true);
same<SyncRoutes["board/moveCard"]["v1"]["serverOutput"], board_moveCard_server_v1.CardMoved>(true);
same<SyncRoutes["board/moveCard"]["v1"]["errorCode"], "board.cardNotFound" | "board.laneFull">(true);
same<
  SyncRoutes["board/moveCard"]["v1"]["serverStream"],
  { percent: number } | { id: number } | { name: string }
>(true);
same<SyncRoutes["board/list"]["v2"]["serverOutput"], Page<{ title: string }>>(true);
same<SyncRoutes["board/list"]["v2"]["clientStream"]["other"], string | null>(true);

// Nothing is an object without properties, and no stream is `never`.
same<SyncRoutes["board/list"]["v1"]["input"], Record<string, never>>(true);
same<SyncRoutes["system/ping"]["v1"]["serverOutput"], Record<string, never>>(true);
same<SyncRoutes["system/ping"]["v1"]["clientStream"], never>(true);
same<SyncRoutes["system/ping"]["v1"]["roomStream"], never>(true);
same<SyncRoutes["system/ping"]["v1"]["errorCode"], never>(true);

const card: Card = {
  cardId: "1",
  laneId: "todo",
  type: "bugReport",
  "due-date": null,
  createdBy: "ada",
  createdAt: 0,
};
same<Everything["lanes"][string], Card[]>(true);
same<Everything["template"], `card-${string}`>(true);
same<Everything["exotic"]["key"], "createdBy" | "createdAt">(true);

// @ts-expect-error a field is missing
const lacking: board_moveCard_server_v1.MoveCard = { cardId: "1" };
// @ts-expect-error no such kind
const misspelt: Card = { ...card, type: "bugreport" };
// @ts-expect-error no such route
type Unknown = SyncRoutes["board/moveCrad"];
// @ts-expect-error no such version
type Unversioned = SyncRoutes["board/moveCard"]["v2"];
// @ts-expect-error its handler file has it for itself
import type { MoveCard } from "./sync.gen";

export type { MoveCard, Unknown, Unversioned };
export { lacking, misspelt };
