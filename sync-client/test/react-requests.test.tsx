// @vitest-environment happy-dom
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { useEffect, useState } from "react";
import { afterEach, expect, test } from "vitest";
import { joinRoom } from "../src/index.js";
import { useSyncRequest } from "../src/react/index.js";
import "./routes.js";
import type { TestServer } from "./server.js";
import { connected, until } from "./support.js";

afterEach(cleanup);

const strict = { reactStrictMode: true };
const move = { name: "board/moveCard", version: "v1", receiver: "board" } as const;
const slow = { name: "board/slow", version: "v1", receiver: "board" } as const;
const say = { name: "chat/say", version: "v1", receiver: "board" } as const;

async function board(): Promise<TestServer> {
  const server = await connected();
  await joinRoom("board");
  return server;
}

/** Answers the `index`th request that the server itself leaves without an answer. */
async function answer(server: TestServer, index: number, output: object): Promise<void> {
  const asked = () => server.packets.filter(({ event, body }) => event === "sync" && body["name"] === "sync/board/slow/v1");
  await until(() => asked().length > index);
  const { body, socket } = asked()[index]!;
  const result = { status: "success", ...output };
  server.io.to(socket).emit(`sync-${body["responseIndex"]}`, { status: "success", message: "", result });
}

test("a call is pending, then shows its result, and its promise resolves with the same answer", async () => {
  await board();
  const { result } = renderHook(() => useSyncRequest(move), strict);
  expect(result.current).toMatchObject({ pending: false, result: undefined, error: undefined });
  let sent: Promise<unknown>;
  act(() => {
    sent = result.current.send({ cardId: "1", toLane: "done" });
  });
  expect(result.current.pending).toBe(true);
  await waitFor(() => expect(result.current.pending).toBe(false));
  expect(result.current.result).toEqual({ status: "success", cardId: "1" });
  expect(await sent!).toMatchObject({ status: "success", result: { cardId: "1" } });
});

test("a refusal is shown as the error, and the next call starts without it", async () => {
  await board();
  const { result } = renderHook(() => useSyncRequest(move), strict);
  await act(() => result.current.send({ cardId: "none", toLane: "done" }));
  expect(result.current.error?.errorCode).toBe("board.cardNotFound");
  await act(async () => {
    const again = result.current.send({ cardId: "1", toLane: "done" });
    await again;
  });
  expect(result.current).toMatchObject({ error: undefined, result: { cardId: "1" } });
  act(() => result.current.reset());
  expect(result.current).toMatchObject({ pending: false, error: undefined, result: undefined });
});

test("of several calls the latest is shown, whichever is answered last", async () => {
  const server = await board();
  const { result } = renderHook(() => useSyncRequest(slow), strict);
  const settled: string[] = [];
  act(() => {
    void result.current.send().then(() => settled.push("first"));
    void result.current.send().then(() => settled.push("second"));
  });
  await act(() => answer(server, 1, { n: 2 }));
  await waitFor(() => expect(result.current.result).toEqual({ status: "success", n: 2 }));
  await act(async () => {
    await answer(server, 0, { n: 1 });
    await until(() => settled.length === 2);
  });
  expect(result.current.result).toEqual({ status: "success", n: 2 });
  expect(settled).toEqual(["second", "first"]);
});

test("the last payload of a stream is shown, or what the reducer makes of all", async () => {
  await board();
  const { result } = renderHook(
    () => ({
      last: useSyncRequest(say),
      text: useSyncRequest({ ...say, stream: { initial: "", add: (soFar, { chunk }) => soFar + chunk } }),
    }),
    strict,
  );
  expect(result.current.last.stream).toBeUndefined();
  expect(result.current.text.stream).toBe("");
  await act(async () => {
    await result.current.last.send({ text: "abc" });
    await result.current.text.send({ text: "abc" });
  });
  expect(result.current.last.stream).toEqual({ chunk: "c" });
  expect(result.current.text.stream).toBe("abc");
  await act(() => result.current.text.send({ text: "de" }));
  expect(result.current.text.stream).toBe("de");
});

test("cancel ends the call here and on the server, shows no error, and keeps the stream so far", async () => {
  const server = await board();
  const { result } = renderHook(() => useSyncRequest(slow), strict);
  let sent: Promise<{ status: string; errorCode?: string }>;
  act(() => {
    sent = result.current.send();
  });
  await until(() => server.sent("sync").length === 1);
  act(() => result.current.cancel());
  expect(result.current).toMatchObject({ pending: false, error: undefined });
  expect(await sent!).toMatchObject({ status: "error", errorCode: "request.aborted" });
  await until(() => server.sent("syncCancel").length === 1);
});

test("the options of the latest render are sent, and a call may set its own", async () => {
  const server = await board();
  const { result, rerender } = renderHook(({ receiver }) => useSyncRequest({ ...slow, receiver }), {
    ...strict,
    initialProps: { receiver: "a" },
  });
  rerender({ receiver: "b" });
  act(() => {
    void result.current.send();
    void result.current.send({}, { receiver: "c", ignoreSelf: true });
  });
  await until(() => server.sent("sync").length === 2);
  expect(server.sent("sync")).toMatchObject([{ receiver: "b" }, { receiver: "c", ignoreSelf: true }]);
});

test("a component that goes leaves its call alone, and hears nothing of it", async () => {
  const server = await board();
  const seen: string[] = [];
  const { result, unmount } = renderHook(
    () => useSyncRequest({ ...say, stream: { initial: 0, add: (n, { chunk }) => (seen.push(chunk), n + 1) } }),
    strict,
  );
  let sent: Promise<{ status: string }>;
  act(() => {
    sent = result.current.send({ text: "ab" });
  });
  unmount();
  expect(await sent!).toMatchObject({ status: "success" });
  expect(server.sent("syncCancel")).toEqual([]);
  expect(seen).toEqual([]);
});

test("with cancelOnUnmount what is under way is cancelled when the component goes", async () => {
  const server = await board();
  const { result, unmount } = renderHook(() => useSyncRequest({ ...slow, cancelOnUnmount: true }), strict);
  const both: Promise<unknown>[] = [];
  act(() => {
    both.push(result.current.send(), result.current.send());
  });
  await until(() => server.sent("sync").length === 2);
  unmount();
  const aborted = { status: "error", errorCode: "request.aborted" };
  expect(await Promise.all(both)).toMatchObject([aborted, aborted]);
  await until(() => server.sent("syncCancel").length === 2);
});

test("a call made in an effect is shown under StrictMode, which runs the effect twice", async () => {
  await board();
  function Card() {
    const [id] = useState("7");
    const { send, pending, result } = useSyncRequest({ ...move, cancelOnUnmount: true });
    useEffect(() => void send({ cardId: id, toLane: "done" }), [send, id]);
    return <p>{pending ? "pending" : (result?.cardId ?? "nothing")}</p>;
  }
  render(<Card />, strict);
  await screen.findByText("7");
});
