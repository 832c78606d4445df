// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { syncClient } from "../src/client.js";
import { getSyncStatus, joinRoom, syncRequest, upsertSyncEventCallback } from "../src/index.js";
import { openSyncPanel, SyncPanel, type SyncPanelOptions } from "../src/panel/index.js";
import "./routes.js";
import { connected, until } from "./support.js";

const GENERATED = `
  export declare namespace board_moveCard_server_v1 { type Input = { cardId: string, toLane: string, before: string | null }; }
  export interface SyncRoutes {
    "board/moveCard": { v1: { input: board_moveCard_server_v1.Input; errorCode: "board.cardNotFound"; }; };
    "system/ping": { v1: { input: Record<string, never>; errorCode: never; }; };
  }`;

let close = () => {};
beforeEach(() => sessionStorage.clear());
afterEach(() => act(close));
afterEach(cleanup);

const host = () => document.querySelector("sync-panel");

function panel() {
  const root = host()?.shadowRoot;
  if (!root) throw new Error("there is no panel");
  // What the testing library looks through has to be an element; the panel is the one in its root.
  const section = root.querySelector<HTMLElement>("section, .launcher");
  return within(section ?? root.host as HTMLElement);
}

async function opened(options: SyncPanelOptions = {}) {
  const server = await connected();
  await joinRoom("board");
  act(() => {
    close = openSyncPanel({ open: true, ...options });
  });
  return server;
}

async function move(cardId: string) {
  await act(() => syncRequest({ name: "board/moveCard", version: "v1", data: { cardId, toLane: "done" }, receiver: "board" }));
}

test("requests and deliveries appear as they happen, with their outcome", async () => {
  await opened();
  expect(panel().getByText(/Nothing yet/)).toBeTruthy();
  await move("1");
  await move("none");
  await waitFor(() => expect(panel().getAllByRole("button", { name: /board\/moveCard/ })).toHaveLength(3));
  const names = panel().getAllByRole("button", { name: /board\/moveCard/ }).map(({ textContent }) => textContent);
  expect(names[0]).toMatch(/ok/);
  expect(names[1]).toMatch(/nobody listens/);
  expect(names[2]).toMatch(/board.cardNotFound/);
});

test("an entry opens to what was sent and what came back", async () => {
  await opened();
  await act(() => syncRequest({ name: "chat/say", version: "v1", data: { text: "hi" }, receiver: "board" }));
  const row = await waitFor(() => panel().getAllByRole("button", { name: /chat\/say/ })[0]!);
  fireEvent.click(row);
  expect(panel().getByLabelText("Data").textContent).toContain('"text": "hi"');
  await waitFor(() => expect(panel().getByLabelText("Answer").textContent).toContain('"length": 2'));
  expect(panel().getByText('{"chunk":"h"}')).toBeTruthy();
});

test("the filter leaves what has all its words and none that begin with a minus", async () => {
  await opened();
  const off = upsertSyncEventCallback({ name: "board/moveCard", version: "v1", callback: () => {} });
  await move("1");
  await act(() => syncRequest({ name: "system/ping", version: "v1", receiver: "board" }));
  off();
  const rows = () => panel().queryAllByRole("button", { name: /v1/ }).length;
  await waitFor(() => expect(rows()).toBe(3));
  const filter = panel().getByRole("searchbox");
  fireEvent.change(filter, { target: { value: "MOVE" } });
  expect(rows()).toBe(2);
  fireEvent.change(filter, { target: { value: "board -move" } });
  expect(rows()).toBe(1);
  fireEvent.change(filter, { target: { value: "nothing" } });
  expect(panel().getByText(/Nothing of 3 fits/)).toBeTruthy();
});

test("a route is tried with a form made from its type, and its answer is shown", async () => {
  const server = await opened({ routes: async () => GENERATED });
  fireEvent.click(panel().getByRole("tab", { name: "Try a route" }));
  const routes = await waitFor(() => {
    panel().getByRole("option", { name: "board/moveCard v1" });
    return panel().getByLabelText("Route");
  });
  fireEvent.change(routes, { target: { value: "board/moveCard/v1" } });
  fireEvent.change(panel().getByLabelText("cardId"), { target: { value: "7" } });
  expect(panel().getByText("null")).toBeTruthy();
  expect(panel().getByText(/board.cardNotFound/)).toBeTruthy();
  fireEvent.click(panel().getByRole("button", { name: "Send" }));
  await waitFor(() => expect(panel().getByLabelText("Answer").textContent).toContain('"cardId": "7"'));
  expect(server.sent("sync")).toMatchObject([{ data: { cardId: "7", toLane: "", before: null }, receiver: "board" }]);
});

test("a request can be tried again, and its input edited as JSON", async () => {
  const server = await opened();
  await move("1");
  fireEvent.click(await waitFor(() => panel().getAllByRole("button", { name: /board\/moveCard/ })[0]!));
  fireEvent.click(panel().getByRole("button", { name: "Try again" }));
  const input = panel().getByLabelText("Input as JSON");
  fireEvent.change(input, { target: { value: "{ not JSON" } });
  expect(input.getAttribute("aria-invalid")).toBe("true");
  fireEvent.change(input, { target: { value: '{ "cardId": "2", "toLane": "done" }' } });
  fireEvent.click(panel().getByRole("button", { name: "Send" }));
  await waitFor(() => expect(server.sent("sync").at(-1)).toMatchObject({ data: { cardId: "2" } }));
});

test("the connection and the rooms are shown", async () => {
  await opened();
  fireEvent.click(panel().getByRole("tab", { name: "Connection" }));
  expect(panel().getByText("board")).toBeTruthy();
  expect(panel().getByText("joined")).toBeTruthy();
  expect(panel().getAllByText("connected").length).toBeGreaterThan(1);
});

test("what the connection went through is shown: its loss, what came back, what is missing, the session's end", async () => {
  const server = await connected({}, { auth: "me" });
  await joinRoom("board");
  act(() => {
    close = openSyncPanel({ open: true });
  });
  fireEvent.click(panel().getByRole("tab", { name: "Connection" }));
  server.cut();
  await until(() => getSyncStatus().status === "reconnecting");
  server.show("board", "1");
  await waitFor(() => expect(panel().getByText("board resumed, what was missed has come: 1")).toBeTruthy(), { timeout: 5_000 });
  server.io.emit("sync-lagged", { reason: "slowConsumer" });
  await waitFor(() => expect(panel().getByText("the page could not keep up")).toBeTruthy());
  server.io.emit("sync-gap", { rooms: ["board"], reason: "cluster" });
  await waitFor(() => expect(panel().getByText("board missed deliveries: cluster")).toBeTruthy());
  server.io.emit("sync-session-ended", { reason: "revoked" });
  await waitFor(() => expect(panel().getByText("the session has ended: revoked")).toBeTruthy());
});

test("the panel folds into a button with Escape, and the arrow keys go through its tabs", async () => {
  await opened();
  fireEvent.keyDown(panel().getByRole("tab", { name: "Traffic" }), { key: "ArrowRight" });
  expect(panel().getByRole("tab", { name: "Connection" }).getAttribute("aria-selected")).toBe("true");
  fireEvent.keyDown(panel().getByRole("tab", { name: "Connection" }), { key: "Escape" });
  expect(host()?.shadowRoot?.querySelector(".launcher")?.textContent).toContain("sync");
});

test("the panel keeps its styles to itself, and leaves nothing on the page or in the client", async () => {
  await opened();
  await waitFor(() => expect(document.documentElement.style.getPropertyValue("--sync-panel-height")).toMatch(/px$/));
  expect(document.querySelectorAll("style, link")).toHaveLength(0);
  await act(async () => close());
  expect(host()).toBeNull();
  expect(syncClient().inspector).toBeUndefined();
  expect(document.documentElement.style.getPropertyValue("--sync-panel-height")).toBe("");
});

test("SyncPanel is there while it is mounted, once under StrictMode", async () => {
  await connected();
  const view = render(<SyncPanel />, { reactStrictMode: true });
  expect(document.querySelectorAll("sync-panel")).toHaveLength(1);
  view.unmount();
  expect(host()).toBeNull();
});
