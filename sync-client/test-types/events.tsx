import { expectTypeOf } from "expect-type";
import {
  getJoinedRooms,
  getSyncStatus,
  initSync,
  joinRoom,
  onSyncGap,
  onSyncSessionEnded,
  type SyncErrorCode,
  upsertSyncEventCallback,
  upsertSyncEventStreamCallback,
} from "sync-client";
import { useRoom, useSyncEvents, useSyncEventTrigger, useSyncStatus } from "sync-client/react";

declare function setCards(update: (cards: string[]) => string[]): void;

// The form everybody knows: look at the status of the output.
upsertSyncEventCallback({
  name: "board/moveCard",
  version: "v1",
  callback: ({ serverOutput, clientOutput }) => {
    if (serverOutput.status !== "success") return;
    setCards((cards) => [...cards, serverOutput.cardId]);
    expectTypeOf(serverOutput.movedBy).toEqualTypeOf<string>();
    expectTypeOf(clientOutput.status).toEqualTypeOf<"success" | "error">();
  },
});

// One look at `status` tells for both outputs.
const off = upsertSyncEventCallback({
  name: "board/showCard",
  version: "v1",
  key: "details",
  callback: ({ status, serverOutput, clientOutput }) => {
    if (status === "error") {
      expectTypeOf(serverOutput.errorCode).toEqualTypeOf<SyncErrorCode>();
      return;
    }
    expectTypeOf(serverOutput.title).toEqualTypeOf<string>();
    expectTypeOf(clientOutput.privateNotes).toEqualTypeOf<string | null>();
  },
});
expectTypeOf(off).toEqualTypeOf<() => void>();

upsertSyncEventCallback({
  name: "board/moveCard",
  version: "v2",
  callback: (delivery) => {
    if (delivery.status === "success") {
      expectTypeOf(delivery.fullName).toEqualTypeOf<string>();
      expectTypeOf(delivery.offset).toEqualTypeOf<string | undefined>();
      expectTypeOf(delivery.clientOutput).toEqualTypeOf<{ status: "success" }>();
      // @ts-expect-error -- v1's field
      delivery.serverOutput.toLane;
      return;
    }
    expectTypeOf(delivery.errorCode).toEqualTypeOf<
      "board.cardNotFound" | "board.laneFull" | SyncErrorCode
    >();
  },
});

upsertSyncEventCallback({
  name: "board/moveCard",
  version: "v1",
  callback: ({ serverOutput }) => {
    // @ts-expect-error -- a refused delivery has no cardId: look at the status first
    serverOutput.cardId;
  },
});

// @ts-expect-error -- no such name
upsertSyncEventCallback({ name: "board/moveCart", version: "v1", callback: () => {} });
// @ts-expect-error -- no such version
upsertSyncEventCallback({ name: "board/showCard", version: "v2", callback: () => {} });

// Streams, on routes that have one.
upsertSyncEventStreamCallback({
  name: "chat/sendMessage",
  version: "v1",
  callback: ({ stream, status }) => {
    expectTypeOf(status).toEqualTypeOf<"stream">();
    if ("chunk" in stream) expectTypeOf(stream.chunk).toEqualTypeOf<string>();
    else expectTypeOf(stream.percent).toEqualTypeOf<number>();
  },
});
upsertSyncEventStreamCallback({
  name: "chat/announce",
  version: "v1",
  callback: ({ stream }) => expectTypeOf(stream).toEqualTypeOf<{ chunk: string }>(),
});
upsertSyncEventStreamCallback({
  name: "board/moveCard",
  version: "v1",
  // @ts-expect-error -- this route sends no stream
  callback: () => {},
});
upsertSyncEventStreamCallback({
  name: "chat/import",
  version: "v1",
  // @ts-expect-error -- only the page that asked hears of it, as `onStream`
  callback: () => {},
});

// Rooms settle with rooms or an error.
const joined = await joinRoom("board:demo");
if (joined.status === "success") expectTypeOf(joined.rooms).toEqualTypeOf<string[]>();
else expectTypeOf(joined.errorCode).toEqualTypeOf<SyncErrorCode>();
expectTypeOf(await getJoinedRooms()).toEqualTypeOf(joined);

initSync();
initSync({ url: "https://example.com", auth: async () => null, offlineQueue: { maxSize: 10 } });
initSync({
  retry: { withinMs: 60_000 },
  offlineQueue: { maxAgeMs: 60_000, dropPolicy: "drop-oldest", identity: () => null },
});
// @ts-expect-error -- no such policy
initSync({ offlineQueue: { dropPolicy: "drop" } });

onSyncGap(({ room, reason }) => {
  expectTypeOf(room).toEqualTypeOf<string>();
  expectTypeOf(reason).toEqualTypeOf<
    "trimmed" | "newEpoch" | "tooLate" | "notMember" | "cluster" | "unknownRoute" | "failed"
  >();
  // @ts-expect-error -- no such reason
  if (reason === "lost") return;
});
onSyncSessionEnded(({ reason }) => {
  expectTypeOf(reason).toEqualTypeOf<"loggedOut" | "revoked" | "expired">();
});
expectTypeOf(getSyncStatus()).toEqualTypeOf<{
  status: "idle" | "connecting" | "connected" | "reconnecting" | "offline" | "sessionEnded";
  attempt: number;
  queued: number;
  lagging: boolean;
}>();

// @ts-expect-error -- a token is a string
initSync({ auth: 1 });

export function Board({ code }: { code: string | null }) {
  const room = useRoom(code);
  const { status, attempt } = useSyncStatus();
  expectTypeOf(attempt).toEqualTypeOf<number>();

  useSyncEvents({
    name: "board/showCard",
    version: "v1",
    callback: ({ status, clientOutput }) => {
      if (status === "success") expectTypeOf(clientOutput.privateNotes).toEqualTypeOf<string | null>();
    },
  });
  // @ts-expect-error -- no such version
  useSyncEvents({ name: "board/showCard", version: "v2", callback: () => {} });

  const scoped = useSyncEvents();
  expectTypeOf(scoped.upsertSyncEventCallback).toEqualTypeOf(upsertSyncEventCallback);

  const { triggerSyncEvent, triggerSyncStreamEvent } = useSyncEventTrigger();
  triggerSyncEvent({
    name: "board/showCard",
    version: "v1",
    serverOutput: { cardId: "1", title: "One" },
    clientOutput: { privateNotes: null },
  });
  // @ts-expect-error -- the title is missing
  triggerSyncEvent({ name: "board/showCard", version: "v1", serverOutput: { cardId: "1" } });
  triggerSyncStreamEvent({ name: "chat/sendMessage", version: "v1", stream: { chunk: "a" } });
  // @ts-expect-error -- the room hears no stream
  triggerSyncStreamEvent({ name: "chat/import", version: "v1", stream: { percent: 1 } });
  // @ts-expect-error -- no such payload
  triggerSyncStreamEvent({ name: "chat/sendMessage", version: "v1", stream: { chunk: 1 } });

  return room.status === "error" ? room.error.errorCode : `${room.status} ${status}`;
}
