// @vitest-environment happy-dom
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { usePresence, useRoom } from "../src/react/index.js";
import { connected, until } from "./support.js";

afterEach(cleanup);

const strict = { reactStrictMode: true };
const ada = { id: "ada", name: "Ada" };
const grace = { id: "grace", name: "Grace" };

function Here({ room }: { room: string }) {
  useRoom(room);
  const { status, users } = usePresence(room);
  return <p>{`${status}: ${users.map(({ name }) => String(name)).join(", ")}`}</p>;
}

test("a component shows who is here, and hears who comes and goes", async () => {
  const server = await connected();
  server.people.come("board", ada);
  render(<Here room="board" />, strict);
  expect(screen.getByText("waiting:")).toBeTruthy();
  await waitFor(() => expect(screen.getByText("live: Ada")).toBeTruthy());
  act(() => server.people.come("board", grace));
  await waitFor(() => expect(screen.getByText("live: Ada, Grace")).toBeTruthy());
  act(() => server.people.go("board", "ada"));
  await waitFor(() => expect(screen.getByText("live: Grace")).toBeTruthy());
  expect(server.sent("watchPresence")).toHaveLength(1);
});

test("several components of a room ask once, and the last to go ends it", async () => {
  const server = await connected();
  const { result: room } = renderHook(() => useRoom("board"), strict);
  const one = renderHook(() => usePresence("board"), strict);
  const other = renderHook(() => usePresence("board"), strict);
  await waitFor(() => expect(one.result.current.status).toBe("live"));
  expect(other.result.current).toBe(one.result.current);
  expect(room.current.status).toBe("joined");
  one.unmount();
  other.unmount();
  await until(() => server.sent("unwatchPresence").length === 1);
  expect(server.sent("watchPresence")).toHaveLength(1);
});

test("another room is another presence, and no room is none", async () => {
  const server = await connected();
  server.people.come("board", ada);
  server.people.come("chat", grace);
  const initialProps: { code: string | null } = { code: "board" };
  const shown = ({ code }: { code: string | null }) => {
    useRoom(code);
    return usePresence(code);
  };
  const { result, rerender } = renderHook(shown, { ...strict, initialProps });
  await waitFor(() => expect(result.current).toEqual({ status: "live", users: [ada] }));
  rerender({ code: "chat" });
  await waitFor(() => expect(result.current).toEqual({ status: "live", users: [grace] }));
  rerender({ code: null });
  expect(result.current).toEqual({ status: "waiting", users: [] });
});
