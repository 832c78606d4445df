import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { useRoom, useSyncEvents, useSyncStatus } from "../src/react/index.js";
import "./routes.js";

test("the hooks render on a server, without a window and without a warning", () => {
  const error = vi.spyOn(console, "error");
  function Board() {
    useSyncEvents({ name: "board/moveCard", version: "v1", callback: () => {} });
    return <p>{`${useRoom("a").status} ${useSyncStatus().status}`}</p>;
  }
  expect(typeof window).toBe("undefined");
  expect(renderToString(<Board />)).toBe("<p>left idle</p>");
  expect(error).not.toHaveBeenCalled();
});
