import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { useOptimisticSync, useRoom, useSyncEvents, useSyncRequest, useSyncStatus } from "../src/react/index.js";
import "./routes.js";

test("the hooks render on a server, without a window and without a warning", () => {
  const error = vi.spyOn(console, "error");
  function Board() {
    useSyncEvents({ name: "board/moveCard", version: "v1", callback: () => {} });
    const { pending } = useSyncRequest({ name: "board/moveCard", version: "v1", receiver: "a" });
    const { state } = useOptimisticSync("base", (soFar) => soFar);
    return <p>{`${useRoom("a").status} ${useSyncStatus().status} ${pending} ${state}`}</p>;
  }
  expect(typeof window).toBe("undefined");
  expect(renderToString(<Board />)).toBe("<p>left idle false base</p>");
  expect(error).not.toHaveBeenCalled();
});
