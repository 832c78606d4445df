// @vitest-environment happy-dom
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { getJoinedRooms, joinRoom, type SyncRequestOptions } from "../src/index.js";
import { useOptimisticSync, useSyncEvents } from "../src/react/index.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, until } from "./support.js";

afterEach(cleanup);
afterEach(() => vi.useRealTimers());

interface Placed {
  cardId: string;
  toLane: string;
}
type Board = Record<string, string>;

const put = (board: Board, { cardId, toLane }: Placed): Board => (cardId in board ? { ...board, [cardId]: toLane } : board);

/** A board of two cards, of which a test decides when what is answered and delivered. */
async function board() {
  const server = await connected();
  await joinRoom("board");
  const renders: Board[] = [];
  const hook = renderHook(
    () => {
      const [base, setBase] = useState<Board>({ a: "todo", b: "todo" });
      useSyncEvents({
        name: "board/place",
        version: "v1",
        callback: ({ serverOutput }) => {
          if (serverOutput.status === "success") setBase((now) => put(now, serverOutput));
        },
      });
      const optimistic = useOptimisticSync(base, put);
      renders.push(optimistic.state);
      return { ...optimistic, setBase };
    },
    { reactStrictMode: true },
  );
  return {
    server,
    hook,
    renders,
    look: () => hook.result.current.state,
    pending: () => hook.result.current.pending.length,
    /** Moves a card and waits until the server has been asked. */
    async place(cardId: string, toLane: string, options: Partial<SyncRequestOptions<"board/place", "v1">> & Commit = {}) {
      const before = asked(server).length;
      const data = { cardId, toLane };
      let sent: Promise<unknown>;
      await act(async () => {
        sent = hook.result.current.request({
          name: "board/place",
          version: "v1",
          receiver: "board",
          ...options,
          data,
          change: data,
        });
        await until(() => asked(server).length > before);
      });
      return () => sent;
    },
    /** Answers the `index`th request; with its own output, unless it is refused. */
    async answer(index: number, by = "me", refused?: string) {
      const { body, socket } = asked(server)[index]!;
      const result = { status: "success", ...(body["data"] as Placed), by };
      const value = refused
        ? { status: "error", message: "", errorCode: refused }
        : { status: "success", message: "", result };
      await act(async () => {
        server.io.to(socket).emit(`sync-${body["responseIndex"]}`, value);
        await flushed(server);
      });
    },
    async deliver(cardId: string, toLane: string, by = "me") {
      const name = "sync/board/place/v1";
      await act(async () => {
        const serverOutput = { status: "success", cardId, toLane, by };
        server.io.to("board").emit("sync", { cb: name, fullName: name, status: "success", message: "", serverOutput, clientOutput: {} });
        await flushed(server);
      });
    },
  };
}

interface Commit {
  commit?: (result: { cardId: string; toLane: string }) => void;
}

function asked(server: TestServer) {
  return server.packets.filter(({ event, body }) => event === "sync" && body["name"] === "sync/board/place/v1");
}

/** What the server has sent before is there when this is. */
async function flushed(server: TestServer): Promise<void> {
  const before = server.sent("getJoinedRooms").length;
  await getJoinedRooms();
  expect(server.sent("getJoinedRooms")).toHaveLength(before + 1);
}

test("a change is seen at once, and stays without a jump through its answer and its delivery", async () => {
  const { place, answer, deliver, look, pending, renders } = await board();
  await place("a", "done");
  expect(look()).toEqual({ a: "done", b: "todo" });
  renders.length = 0;
  await answer(0);
  expect(pending()).toBe(1);
  await deliver("a", "done");
  expect(pending()).toBe(0);
  expect(look()).toEqual({ a: "done", b: "todo" });
  expect(renders.every(({ a }) => a === "done")).toBe(true);
});

test("a change that is refused is taken back, to what the base is by then", async () => {
  const { place, answer, deliver, look } = await board();
  const sent = await place("a", "done");
  await deliver("a", "review", "lin");
  expect(look()).toEqual({ a: "done", b: "todo" });
  await answer(0, "me", "board.cardNotFound");
  expect(look()).toEqual({ a: "review", b: "todo" });
  expect(await sent()).toMatchObject({ status: "error", errorCode: "board.cardNotFound" });
});

test("deliveries of others change the base below a pending change", async () => {
  const { place, answer, deliver, look } = await board();
  await place("a", "done");
  await deliver("b", "review", "lin");
  expect(look()).toEqual({ a: "done", b: "review" });
  await answer(0);
  // Lin's move was first in the order of the room, though it is heard after the answer.
  await deliver("a", "review", "lin");
  expect(look().a).toBe("done");
  await deliver("a", "done");
  await deliver("a", "todo", "lin");
  expect(look()).toEqual({ a: "todo", b: "review" });
});

test("of several changes of one card the last is seen, and each is confirmed by its own delivery", async () => {
  const { place, answer, deliver, look, pending, renders } = await board();
  await place("a", "done");
  await place("a", "todo");
  await place("a", "done");
  renders.length = 0;
  for (const [index, lane] of ["done", "todo", "done"].entries()) {
    await answer(index);
    expect(pending()).toBe(3 - index);
    await deliver("a", lane);
    expect(pending()).toBe(2 - index);
  }
  expect(look().a).toBe("done");
  expect(renders.every(({ a }) => a === "done")).toBe(true);
});

test("a delivery confirms one change, when several had the same answer", async () => {
  const { place, answer, deliver, look, pending } = await board();
  for (const [index, lane] of ["done", "todo", "done"].entries()) {
    await place("a", lane);
    await answer(index);
  }
  for (const [index, lane] of ["done", "todo", "done"].entries()) {
    await deliver("a", lane);
    expect(pending()).toBe(2 - index);
    expect(look().a).toBe("done");
  }
});

test("a delivery that overtakes its answer confirms the change with the answer", async () => {
  const { place, answer, deliver, pending } = await board();
  await place("a", "done");
  await deliver("a", "done");
  expect(pending()).toBe(1);
  await answer(0);
  expect(pending()).toBe(0);
});

test("with commit the answer puts the change into the base, in one render", async () => {
  const { place, answer, look, pending, renders, hook } = await board();
  const commit = (result: Placed) => hook.result.current.setBase((now) => put(now, result));
  await place("a", "done", { ignoreSelf: true, commit });
  renders.length = 0;
  await answer(0);
  expect(pending()).toBe(0);
  expect(look().a).toBe("done");
  expect(renders.every(({ a }) => a === "done")).toBe(true);
});

test("an answered change whose delivery does not come is let go with a base loaded anew, or after a while", async () => {
  const { place, answer, look, pending, hook } = await board();
  await place("a", "done");
  await answer(0);
  act(() => {
    hook.result.current.setBase({ a: "review", b: "todo" });
    hook.result.current.rebase();
  });
  expect(look().a).toBe("review");

  await place("b", "done");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  await answer(1);
  expect(pending()).toBe(1);
  act(() => void vi.advanceTimersByTime(5_000));
  await waitFor(() => expect(look().b).toBe("todo"));
});

test("a change that no longer fits the base is not seen, and does no harm", async () => {
  const { place, answer, look, hook } = await board();
  await place("a", "done");
  act(() => hook.result.current.setBase({ b: "todo" }));
  expect(look()).toEqual({ b: "todo" });
  await answer(0, "me", "board.cardNotFound");
  expect(look()).toEqual({ b: "todo" });
});

test("nothing is rendered or committed once the component is gone", async () => {
  const { place, answer, hook, renders } = await board();
  const commit = vi.fn();
  const sent = await place("a", "done", { commit });
  hook.unmount();
  renders.length = 0;
  await answer(0);
  expect(await sent()).toMatchObject({ status: "success" });
  expect(commit).not.toHaveBeenCalled();
  expect(renders).toEqual([]);
});
