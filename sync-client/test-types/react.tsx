import { expectTypeOf } from "expect-type";
import type { SyncErrorCode } from "sync-client";
import { useOptimisticSync, useSyncRequest } from "sync-client/react";

export function Asking({ room }: { room: string }) {
  const move = useSyncRequest({ name: "board/moveCard", version: "v2", receiver: room });
  expectTypeOf(move.pending).toEqualTypeOf<boolean>();
  expectTypeOf(move.result?.cardId).toEqualTypeOf<string | undefined>();
  expectTypeOf(move.error?.errorCode).toEqualTypeOf<
    "board.cardNotFound" | "board.laneFull" | SyncErrorCode | undefined
  >();
  expectTypeOf(move.stream).toEqualTypeOf<undefined>();

  void move.send({ cardId: "1", toLane: "done" });
  void move.send({ cardId: "1", toLane: "done", position: 3 }, { receiver: "other", timeoutMs: 10 });
  // @ts-expect-error -- `toLane` is missing
  void move.send({ cardId: "1" });
  // @ts-expect-error -- so is everything
  void move.send();
  // @ts-expect-error -- no such field
  void move.send({ cardId: "1", toLane: "done", colour: "red" });
  void move.send({ cardId: "1", toLane: "done" }).then((answer) => {
    if (answer.status === "success") expectTypeOf(answer.result.position).toEqualTypeOf<number | null>();
  });

  const ping = useSyncRequest({ name: "system/ping", version: "v1", receiver: room });
  void ping.send();
  void ping.send({}, { signal: new AbortController().signal });

  const last = useSyncRequest({ name: "chat/sendMessage", version: "v1", receiver: room });
  expectTypeOf(last.stream).toEqualTypeOf<{ chunk: string } | { percent: number } | undefined>();

  const text = useSyncRequest({
    name: "chat/sendMessage",
    version: "v1",
    receiver: room,
    stream: {
      initial: "",
      add: (soFar, payload) => ("chunk" in payload ? soFar + payload.chunk : soFar),
    },
  });
  expectTypeOf(text.stream).toEqualTypeOf<string>();

  const count = { initial: 0, add: (soFar: number) => soFar + 1 };
  // @ts-expect-error -- this route sends no stream
  useSyncRequest({ name: "board/moveCard", version: "v1", receiver: room, stream: count });
  // @ts-expect-error -- what it streams goes to the room
  useSyncRequest({ name: "chat/announce", version: "v1", receiver: room, stream: count });
  // @ts-expect-error -- no such version
  useSyncRequest({ name: "board/showCard", version: "v2", receiver: room });
  return null;
}

interface Cards {
  [id: string]: string;
}

export function Changing({ room, cards }: { room: string; cards: Cards }) {
  const { state, pending, request } = useOptimisticSync(cards, (now, moved: { id: string; to: string }) => ({
    ...now,
    [moved.id]: moved.to,
  }));
  expectTypeOf(state).toEqualTypeOf<Cards>();
  expectTypeOf(pending).toEqualTypeOf<readonly { id: string; to: string }[]>();

  void request({
    name: "board/moveCard",
    version: "v1",
    data: { cardId: "1", toLane: "done" },
    receiver: room,
    change: { id: "1", to: "done" },
    commit: (result) => expectTypeOf(result.movedBy).toEqualTypeOf<string>(),
  }).then((answer) => {
    if (answer.status === "success") expectTypeOf(answer.result.movedBy).toEqualTypeOf<string>();
    else expectTypeOf(answer.errorCode).toEqualTypeOf<"board.cardNotFound" | SyncErrorCode>();
  });
  void request({
    name: "board/moveCard",
    version: "v1",
    data: { cardId: "1", toLane: "done" },
    receiver: room,
    // @ts-expect-error -- not what is applied
    change: "moved",
  });
  // @ts-expect-error -- nothing to show
  void request({ name: "board/moveCard", version: "v1", data: { cardId: "1", toLane: "done" }, receiver: room });
  return null;
}
