// @vitest-environment happy-dom
import { act, cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { startTransition, Suspense, useEffect, useState, version } from "react";
import { version as domVersion } from "react-dom";
import { afterEach, expect, test } from "vitest";
import { initSync, joinRoom, syncRequest } from "../src/index.js";
import { type SyncEventTrigger, useRoom, useSyncEvents, useSyncEventTrigger, useSyncStatus } from "../src/react/index.js";
import "./routes.js";
import { connected, serve, until } from "./support.js";

// The default of one second is little for a reconnect on a busy machine.
configure({ asyncUtilTimeout: 8_000 });
afterEach(cleanup);

const route = { name: "board/moveCard", version: "v1" } as const;
const strict = { reactStrictMode: true };
const later = (ms: number) => act(() => new Promise((passed) => setTimeout(passed, ms)));

async function move(cardId: string, receiver = "board"): Promise<void> {
  await act(async () => {
    await syncRequest({ ...route, data: { cardId, toLane: "done" }, receiver });
    await syncRequest({ name: "system/ping", version: "v1", receiver });
  });
}

test("the hooks run on the version of React that this project is for", () => {
  const wanted = process.env["REACT"] ?? "";
  expect([version, domVersion].map((found) => found.split(".")[0])).toEqual([wanted, wanted]);
});

function Room({ code }: { code: string | null }) {
  return <p>{useRoom(code).status}</p>;
}

test("useRoom joins once under StrictMode, says so, and leaves with the last component", async () => {
  const server = await connected();
  const page = (codes: (string | null)[]) => codes.map((code, i) => <Room key={i} code={code} />);
  const view = render(<>{page(["a", "a", null])}</>, strict);
  expect(view.container.textContent).toBe("joiningjoiningleft");
  await waitFor(() => expect(view.container.textContent).toBe("joinedjoinedleft"));
  view.rerender(<>{page(["a"])}</>);
  await later(150);
  expect(server.sent("leaveRoom")).toEqual([]);
  view.unmount();
  await until(() => server.sent("leaveRoom").length === 1);
  expect(server.sent("joinRoom")).toHaveLength(1);
});

test("useRoom follows its code", async () => {
  const server = await connected({}, { auth: "me" });
  const view = render(<Room code="a" />, strict);
  await screen.findByText("joined");
  view.rerender(<Room code="b" />);
  await waitFor(() => expect([...(server.sessions.get("me") ?? [])]).toEqual(["b"]));
  await screen.findByText("joined");
});

test("useRoom shows the way back after the connection was lost, and a refusal", async () => {
  const server = await connected({ blocked: ["private"] });
  const view = render(<><Room code="a" /> <Room code="private" /></>, strict);
  await waitFor(() => expect(view.container.textContent).toBe("joined error"));
  act(() => server.cut());
  await waitFor(() => expect(view.container.textContent).toBe("joining joining"));
  await waitFor(() => expect(view.container.textContent).toBe("joined error"));
});

test("useRoom may be mounted before initSync", async () => {
  const server = await serve();
  function App() {
    useEffect(() => initSync({ url: server.url }), []);
    return <Room code="a" />;
  }
  render(<App />, strict);
  await screen.findByText("joined");
  expect(server.greetings).toHaveLength(1);
});

function Counter({ log, tag }: { log: string[]; tag: string }) {
  const [count, setCount] = useState(0);
  useSyncEvents({
    ...route,
    callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      log.push(`${tag} ${serverOutput.cardId} after ${count}`);
      setCount(count + 1);
    },
  });
  return <p>{count}</p>;
}

test("useSyncEvents calls the callback of the latest render, once under StrictMode, in every component", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  const view = render(<><Counter log={log} tag="a" /><Counter log={log} tag="b" /></>, strict);
  await move("1");
  await move("2");
  expect(log).toEqual(["a 1 after 0", "b 1 after 0", "a 2 after 1", "b 2 after 1"]);
  view.rerender(<><Counter log={log} tag="c" /><Counter log={log} tag="b" /></>);
  await move("3");
  expect(log.slice(4)).toEqual(["c 3 after 2", "b 3 after 2"]);
});

/** A component that loads until it is told that what it waits for is there. */
function slow() {
  let arrived = false;
  let arrive = () => {};
  const coming = new Promise<void>((resolve) => {
    arrive = () => {
      arrived = true;
      resolve();
    };
  });
  function Slow({ wait }: { wait: boolean }) {
    // As libraries that load do it, on both versions of React.
    if (wait && !arrived) throw coming;
    return null;
  }
  return { Slow, arrive };
}

test("useSyncEvents hears on while Suspense hides the component", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  const { Slow, arrive } = slow();
  const page = (wait: boolean) => (
    <Suspense fallback="loading">
      <Counter log={log} tag="a" />
      <Slow wait={wait} />
    </Suspense>
  );
  const view = render(page(false), strict);
  view.rerender(page(true));
  expect(view.container.textContent).toContain("loading");
  await move("1");
  expect(log).toEqual(["a 1 after 0"]);
  await act(async () => arrive());
  await waitFor(() => expect(view.container.textContent).toBe("1"));
});

test("useSyncEvents never calls the callback of a render that is not on the page yet", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  const { Slow, arrive } = slow();
  let show = (_tag: string) => {};
  function Page() {
    const [tag, setTag] = useState("shown");
    show = setTag;
    return (
      <Suspense fallback="loading">
        <Counter log={log} tag={tag} />
        <Slow wait={tag === "coming"} />
      </Suspense>
    );
  }
  render(<Page />, strict);
  act(() => startTransition(() => show("coming")));
  await move("1");
  await act(async () => arrive());
  await move("2");
  expect(log).toEqual(["shown 1 after 0", "coming 2 after 1"]);
});

test("useSyncEvents calls nothing after the component is gone", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  const view = render(<Counter log={log} tag="a" />, strict);
  view.unmount();
  await move("1");
  expect(log).toEqual([]);
});

test("the registering functions of useSyncEvents keep one callback a route, and end with the component", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  const seen = new Set<unknown>();
  function Board({ tag }: { tag: string }) {
    const { upsertSyncEventCallback } = useSyncEvents();
    useEffect(() => {
      seen.add(upsertSyncEventCallback);
      // Without cleaning up, and again for each tag: the later takes the place of the earlier.
      upsertSyncEventCallback({ ...route, callback: () => log.push(tag) });
      upsertSyncEventCallback({ ...route, key: "second", callback: () => log.push(`${tag} 2`) });
    }, [tag, upsertSyncEventCallback]);
    return null;
  }
  const view = render(<><Board tag="a" /><Board tag="b" /></>, strict);
  await move("1");
  expect(log.splice(0)).toEqual(["a", "a 2", "b", "b 2"]);
  view.rerender(<><Board tag="c" /><Board tag="b" /></>);
  await move("2");
  expect(log.splice(0).sort()).toEqual(["b", "b 2", "c", "c 2"]);
  expect(seen.size).toBe(2);
  view.unmount();
  await move("3");
  expect(log).toEqual([]);
});

test("what a component registers in its effect can be taken off before it is gone", async () => {
  await connected();
  await joinRoom("board");
  const log: string[] = [];
  function Board({ on }: { on: boolean }) {
    const { upsertSyncEventCallback } = useSyncEvents();
    useEffect(() => {
      if (on) return upsertSyncEventCallback({ ...route, callback: () => log.push("heard") });
      return undefined;
    }, [on, upsertSyncEventCallback]);
    return null;
  }
  const view = render(<Board on />, strict);
  await move("1");
  view.rerender(<Board on={false} />);
  await move("2");
  expect(log).toEqual(["heard"]);
});

test("useSyncStatus follows the connection", async () => {
  const server = await serve();
  function Status() {
    const { status, attempt } = useSyncStatus();
    return <p>{`${status} ${attempt}`}</p>;
  }
  render(<Status />, strict);
  expect(screen.getByText("idle 0")).toBeTruthy();
  act(() => initSync({ url: server.url }));
  expect(screen.getByText("connecting 0")).toBeTruthy();
  await screen.findByText("connected 0");
  await act(() => server.stop());
  await screen.findByText("reconnecting 1");
});

test("useSyncEventTrigger calls the callbacks of this page", async () => {
  const log: string[] = [];
  let trigger: SyncEventTrigger | undefined;
  function Board() {
    trigger = useSyncEventTrigger();
    const { upsertSyncEventStreamCallback } = useSyncEvents();
    useEffect(
      () =>
        upsertSyncEventStreamCallback({
          name: "chat/say",
          version: "v1",
          callback: ({ stream }) => log.push(stream.chunk),
        }),
      [upsertSyncEventStreamCallback],
    );
    return <Counter log={log} tag="a" />;
  }
  render(<Board />, strict);
  act(() => {
    trigger?.triggerSyncEvent({ ...route, serverOutput: { cardId: "1" } });
    trigger?.triggerSyncStreamEvent({ name: "chat/say", version: "v1", stream: { chunk: "hi" } });
  });
  expect(log).toEqual(["a 1 after 0", "hi"]);
});
