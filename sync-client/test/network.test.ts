// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { getSyncStatus, initSync } from "../src/index.js";
import "./routes.js";
import { connected, serve, until, untilConnected } from "./support.js";

/** What a browser does when the machine finds or loses its network. */
function network(onLine: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(onLine);
  window.dispatchEvent(new Event(onLine ? "online" : "offline"));
}

afterEach(() => vi.restoreAllMocks());

test("a page without a network is offline, and connects the moment there is one", async () => {
  const server = await connected();
  const { port } = server;
  network(false);
  await until(() => getSyncStatus().status === "offline");
  await server.stop();
  // Attempts that fail make the next ones rare.
  await until(() => getSyncStatus().attempt === 2);
  expect(getSyncStatus().status).toBe("offline");
  const again = await serve({ port });
  const back = Date.now();
  network(true);
  await untilConnected();
  expect(Date.now() - back).toBeLessThan(400);
  expect(again.greetings).toHaveLength(1);
});

test("a page that does not get through is not offline while there is a network", async () => {
  const server = await serve();
  await server.stop();
  initSync({ url: server.url });
  await until(() => getSyncStatus().attempt === 1);
  expect(getSyncStatus().status).toBe("connecting");
  network(false);
  expect(getSyncStatus().status).toBe("offline");
});
