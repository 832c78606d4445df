import { expectTypeOf } from "expect-type";
import {
  type SyncErrorCode,
  type SyncRequestData,
  type SyncRouteErrorCode,
  type SyncRouteName,
  type SyncRouteVersion,
  syncRequest,
} from "sync-client";
import type { Block, Expr, JsonValue, SyncRoutes, Tree } from "./sync.gen.js";

const room = "board:demo";

// Names and versions are those of the generated file, and versions belong to their name.
expectTypeOf<SyncRouteName>().toEqualTypeOf<keyof SyncRoutes>();
expectTypeOf<SyncRouteVersion<"board/moveCard">>().toEqualTypeOf<"v1" | "v2">();
expectTypeOf<SyncRouteVersion<"docs/notes/edit">>().toEqualTypeOf<"v3">();

// The answer is that of the route.
{
  const answer = await syncRequest({
    name: "board/moveCard",
    version: "v1",
    data: { cardId: "1", toLane: "done" },
    receiver: room,
    ignoreSelf: true,
    timeoutMs: 1_000,
    signal: new AbortController().signal,
  });
  if (answer.status === "success") {
    expectTypeOf(answer.message).toEqualTypeOf<string>();
    expectTypeOf(answer.result.status).toEqualTypeOf<"success">();
    expectTypeOf(answer.result.movedBy).toEqualTypeOf<string>();
    // @ts-expect-error -- a success has no code
    answer.errorCode;
    // @ts-expect-error -- v1 has no position
    answer.result.position;
  } else {
    expectTypeOf(answer.errorCode).toEqualTypeOf<"board.cardNotFound" | SyncErrorCode>();
    expectTypeOf(answer.httpStatus).toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- no such code
    if (answer.errorCode === "board.cardNotFund") answer.message;
    // @ts-expect-error -- v2's code
    if (answer.errorCode === "board.laneFull") answer.message;
    // @ts-expect-error -- an error has no result
    answer.result;
  }
}
expectTypeOf<SyncRouteErrorCode<"board/moveCard", "v2">>().toEqualTypeOf<
  "board.cardNotFound" | "board.laneFull" | SyncErrorCode
>();
expectTypeOf<SyncRouteErrorCode<"system/ping", "v1">>().toEqualTypeOf<SyncErrorCode>();

// An output that is a union stays one, and an empty one has its status.
{
  const answer = await syncRequest({
    name: "docs/notes/edit",
    version: "v3",
    data: {
      block: { kind: "list", items: [{ kind: "text", text: "a" }] },
      expr: [1, [2, [3]]],
      extra: { any: ["thing", 1, null] },
      tags: [{ name: "x" }, { name: "y", colour: undefined }, { name: "z", colour: null }],
      at: [1, null],
      counts: { a: 1 },
    },
    receiver: room,
  });
  if (answer.status === "success") {
    const output = answer.result;
    if (output.type === "part") expectTypeOf(output.from).toEqualTypeOf<number>();
    else expectTypeOf(output.block).toEqualTypeOf<Block>();
  }
  const pong = await syncRequest({ name: "system/ping", version: "v1", receiver: room });
  if (pong.status === "success") {
    expectTypeOf(pong.result).toEqualTypeOf<{ status: "success" }>();
  }
}

// Members that may be null may be left out, at any depth; nothing else may.
{
  syncRequest({ name: "board/moveCard", version: "v2", data: { cardId: "1", toLane: "a" }, receiver: room });
  syncRequest({ name: "board/moveCard", version: "v2", data: { cardId: "1", toLane: "a", note: undefined }, receiver: room });
  syncRequest({ name: "board/moveCard", version: "v2", data: { cardId: "1", toLane: "a", note: null }, receiver: room });
  // @ts-expect-error -- not a string or null
  syncRequest({ name: "board/moveCard", version: "v2", data: { cardId: "1", toLane: "a", note: 1 }, receiver: room });
  // @ts-expect-error -- toLane is missing
  syncRequest({ name: "board/moveCard", version: "v2", data: { cardId: "1" }, receiver: room });

  type Edit = SyncRequestData<"docs/notes/edit", "v3">;
  const tree: Edit["tree"] = { value: 1, children: [{ value: 2, children: [] }] };
  expectTypeOf(tree).toExtend<Edit["tree"]>();
  // What the server sends fits where it came from.
  expectTypeOf<Tree>().toExtend<Edit["tree"]>();
  expectTypeOf<Block>().toExtend<Edit["block"]>();
  expectTypeOf<Expr>().toExtend<Edit["expr"]>();
  expectTypeOf<Edit["extra"]>().toEqualTypeOf<JsonValue | undefined>();
  // @ts-expect-error -- children are trees
  const wrongTree: Edit["tree"] = { value: 1, children: [{ value: "2", children: [] }] };
  // @ts-expect-error -- the text of a text block is missing
  const wrongBlock: Edit["block"] = { kind: "list", items: [{ kind: "text" }] };
  // @ts-expect-error -- no such kind
  const wrongKind: Edit["block"] = { kind: "image" };
  // @ts-expect-error -- numbers all the way down
  const wrongExpr: Edit["expr"] = [1, ["2"]];
  void [wrongTree, wrongBlock, wrongKind, wrongExpr];
}

// `data` may be left out exactly when nothing in it must be there.
{
  syncRequest({ name: "system/ping", version: "v1", receiver: room });
  syncRequest({ name: "system/ping", version: "v1", data: {}, receiver: room });
  syncRequest({ name: "system/search", version: "v1", receiver: room });
  syncRequest({ name: "system/search", version: "v1", data: { limit: 3 }, receiver: room });
  // @ts-expect-error -- data is missing
  syncRequest({ name: "board/moveCard", version: "v1", receiver: room });
  // @ts-expect-error -- this route takes nothing
  syncRequest({ name: "system/ping", version: "v1", data: { a: 1 }, receiver: room });
}

// What does not compile.
{
  // @ts-expect-error -- no such name
  syncRequest({ name: "board/moveCart", version: "v1", data: { cardId: "1", toLane: "a" }, receiver: room });
  // @ts-expect-error -- no such version
  syncRequest({ name: "board/moveCard", version: "v3", data: { cardId: "1", toLane: "a" }, receiver: room });
  // @ts-expect-error -- another route's version
  syncRequest({ name: "board/showCard", version: "v2", data: { cardId: "1" }, receiver: room });
  // @ts-expect-error -- no such field
  syncRequest({ name: "board/moveCard", version: "v1", data: { cardId: "1", toLane: "a", lane: "b" }, receiver: room });
  // @ts-expect-error -- wrong type of a field
  syncRequest({ name: "board/moveCard", version: "v1", data: { cardId: 1, toLane: "a" }, receiver: room });
  // @ts-expect-error -- no receiver
  syncRequest({ name: "board/moveCard", version: "v1", data: { cardId: "1", toLane: "a" } });
  syncRequest({ name: "system/ping", version: "v1", receiver: room, offline: "fail" });
  syncRequest({ name: "system/ping", version: "v1", receiver: room, offline: { maxAgeMs: 5, persist: false } });
  // @ts-expect-error -- no such way to wait
  syncRequest({ name: "system/ping", version: "v1", receiver: room, offline: "later" });
  // @ts-expect-error -- no such option
  syncRequest({ name: "system/ping", version: "v1", receiver: room, timeout: 5 });
}

// The originator's stream has the payloads of the route, on a route that has any.
{
  syncRequest({
    name: "chat/sendMessage",
    version: "v1",
    data: { text: "hi" },
    receiver: room,
    onStream: (payload) => {
      expectTypeOf(payload).toEqualTypeOf<{ chunk: string } | { percent: number }>();
    },
  });
  syncRequest({
    name: "system/ping",
    version: "v1",
    receiver: room,
    // @ts-expect-error -- this route sends no stream
    onStream: () => {},
  });
  syncRequest({
    name: "chat/announce",
    version: "v1",
    data: { text: "hi" },
    receiver: room,
    // @ts-expect-error -- what it streams goes to the room
    onStream: () => {},
  });
}
