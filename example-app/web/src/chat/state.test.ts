import { describe, expect, test } from "vitest";
import type { Chat } from "../api";
import type { Answering, Message } from "../sync.gen";
import { type ChatAction, type ChatState, emptyState, reduce, rowsOf } from "./state";

const message = (id: string, more: Partial<Message> = {}): Message => ({
  id,
  kind: "said",
  userId: "ada",
  userName: "Ada",
  text: id,
  ending: "complete",
  sentAt: Date.UTC(2026, 4, 1, 12),
  ...more,
});
const answering: Answering = { messageId: "answer", userId: "ada", userName: "Ada" };
const chat = (messages: Message[], now: Answering | null = null): Chat => ({
  room: "chat:lobby",
  messages,
  answering: now,
});

function after(...actions: ChatAction[]): ChatState {
  const loaded: ChatAction[] = [
    { type: "load", attempt: 1 },
    { type: "loaded", attempt: 1, chat: chat([message("1")]) },
  ];
  return [...loaded, ...actions].reduce(reduce, emptyState);
}

const ids = (state: ChatState) => state.messages?.map((one) => one.id);

describe("an answer", () => {
  const begun: ChatAction = { type: "begun", answering };
  const end = (ending: Message["ending"]): ChatAction => ({
    type: "said",
    message: message("answer", { kind: "answer", text: "One two", ending }),
  });

  test("is seen to be coming when it begins, and grows by its pieces", () => {
    expect(after(begun).live).toEqual({ text: "", answering });
    const said = after(begun, { type: "chunk", chunk: "One " });
    expect(said.live).toEqual({ text: "One ", answering });
    expect(reduce(said, { type: "chunk", chunk: "two" }).live).toEqual({ text: "One two", answering });
  });

  test("is heard from its beginning also where its pieces come before it is said whose it is", () => {
    expect(after({ type: "chunk", chunk: "One " }, begun).live).toEqual({ text: "One ", answering });
  });

  test("becomes a message when it ends, however it ends, and once", () => {
    for (const ending of ["complete", "stopped", "failed"] as const) {
      const state = after(begun, { type: "chunk", chunk: "One " }, end(ending), end(ending));
      expect(state.live).toBeNull();
      expect(ids(state)).toEqual(["1", "answer"]);
      expect(state.messages?.at(-1)?.ending).toBe(ending);
    }
  });

  test("that has ended takes no more pieces, and the next one does", () => {
    const ended = after(begun, { type: "chunk", chunk: "One " }, end("complete"), { type: "chunk", chunk: "two" });
    expect(ended.live).toBeNull();
    const next = { ...answering, messageId: "next" };
    const pieces: ChatAction[] = [{ type: "begun", answering: next }, { type: "chunk", chunk: "Three" }];
    expect(pieces.reduce(reduce, ended).live).toEqual({ text: "Three", answering: next });
    // That it begins was not heard while the connection was lost.
    const back: ChatAction[] = [{ type: "away" }, { type: "chunk", chunk: "Three" }];
    expect(back.reduce(reduce, ended).live?.text).toBe("Three");
  });

  test("that begins or ends while the page is loaded is newer than what is loaded", () => {
    const loading: ChatAction = { type: "load", attempt: 2 };
    const loaded = (now: Answering | null): ChatAction => ({ type: "loaded", attempt: 2, chat: chat([], now) });
    expect(after(loading, begun, loaded(null)).live?.answering).toEqual(answering);
    expect(after(begun, loading, end("stopped"), loaded(answering)).live).toBeNull();
  });

  test("goes on after the connection was lost, unless it is another one by then", () => {
    const before: ChatAction[] = [
      { type: "chunk", chunk: "One " },
      { type: "begun", answering },
      { type: "load", attempt: 2 },
    ];
    const back = (now: Answering | null) =>
      after(...before, { type: "loaded", attempt: 2, chat: chat([], now) }, { type: "chunk", chunk: "two" });
    expect(back(answering).live).toEqual({ text: "One two", answering });
    const another = { ...answering, messageId: "another" };
    expect(back(another).live).toEqual({ text: "two", answering: another });
    expect(back(null).live?.text).toBe("two");
  });

  test("that was being given when the page was loaded is seen to be coming", () => {
    const state = after({ type: "load", attempt: 2 }, { type: "loaded", attempt: 2, chat: chat([], answering) });
    expect(state.live).toEqual({ text: "", answering });
  });
});

describe("loading", () => {
  test("keeps what is heard while it is under way", () => {
    const state = after(
      { type: "load", attempt: 2 },
      { type: "said", message: message("2") },
      { type: "said", message: message("3") },
      { type: "loaded", attempt: 2, chat: chat([message("1"), message("2")]) },
    );
    expect(ids(state)).toEqual(["1", "2", "3"]);
  });

  test("takes the latest attempt only", () => {
    const state = after(
      { type: "load", attempt: 2 },
      { type: "load", attempt: 3 },
      { type: "loaded", attempt: 2, chat: chat([]) },
    );
    expect(ids(state)).toEqual(["1"]);
  });

  test("that fails leaves what was said", () => {
    const failure = { errorCode: "network.unreachable", message: "" };
    const state = after({ type: "load", attempt: 2 }, { type: "loadFailed", attempt: 2, failure });
    expect(ids(state)).toEqual(["1"]);
    expect(state.failure).toEqual(failure);
  });
});

test("messages of one person and one moment share a name, and each day is named once", () => {
  const noon = new Date(2026, 4, 1, 12).getTime();
  const at = (minutes: number) => noon + minutes * 60_000;
  const rows = rowsOf([
    message("1", { sentAt: at(0) }),
    message("2", { sentAt: at(1) }),
    message("3", { sentAt: at(2), userId: "ben" }),
    message("4", { sentAt: at(3), userId: "ben", kind: "answer" }),
    message("5", { sentAt: at(20), userId: "ben" }),
    message("6", { sentAt: at(24 * 60), userId: "ben" }),
  ]);
  expect(rows.map((row) => row.goesOn)).toEqual([false, true, false, false, false, false]);
  expect(rows.map((row) => row.day !== null)).toEqual([true, false, false, false, false, true]);
});
