import { afterEach, vi } from "vitest";
import { disconnectSync, getSyncStatus, initSync, type SyncOptions } from "../src/index.js";
import { startServer, type TestServer } from "./server.js";

const running: TestServer[] = [];

export async function serve(options?: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(options);
  running.push(server);
  return server;
}

/** A server, and this page connected to it. */
export async function connected(
  options?: Parameters<typeof startServer>[0],
  sync?: SyncOptions,
): Promise<TestServer> {
  const server = await serve(options);
  initSync({ url: server.url, ...sync });
  await untilConnected();
  return server;
}

export function until(check: () => boolean): Promise<void> {
  return vi.waitFor(
    () => {
      if (!check()) throw new Error(`not in time: ${check}`);
    },
    { timeout: 8_000, interval: 5 },
  );
}

export const untilConnected = () => until(() => getSyncStatus().status === "connected");

afterEach(async () => {
  disconnectSync();
  // The next test is another page.
  Reflect.deleteProperty(globalThis, Symbol.for("sync-client/1"));
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
