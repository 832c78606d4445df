/** What a production bundle has of the developer panel: nothing. */
import path from "node:path";
import { build } from "vite";
import { expect, test } from "vitest";

const source = (file: string) => path.join(import.meta.dirname, "../src", file);
/** A word of the panel that no minifier touches. */
const MARK = "sync-panel";

/** An app that has the panel in development. Answers the text of each file of its bundle. */
async function bundle(isDevelopment: boolean): Promise<string[]> {
  const app = `
    import { initSync } from "sync-client";
    import { useRoom } from "sync-client/react";
    initSync();
    export { useRoom };
    if (import.meta.env.DEV) void import("sync-client/panel").then(({ openSyncPanel }) => openSyncPanel());`;
  const built = await build({
    configFile: false,
    logLevel: "error",
    resolve: {
      alias: [
        { find: /^sync-client$/, replacement: source("index.ts") },
        { find: /^sync-client\/react$/, replacement: source("react/index.ts") },
        { find: /^sync-client\/panel$/, replacement: source("panel/index.ts") },
      ],
    },
    define: { "import.meta.env.DEV": JSON.stringify(isDevelopment) },
    plugins: [
      {
        name: "app",
        enforce: "pre",
        resolveId: (id) => (id === "app" ? "\0app" : undefined),
        load: (id) => (id === "\0app" ? app : undefined),
      },
    ],
    build: {
      write: false,
      rollupOptions: {
        input: "app",
        external: ["socket.io-client", /^react/],
        preserveEntrySignatures: "strict",
      },
    },
  });
  const [bundled] = [built].flat();
  if (!bundled || !("output" in bundled)) throw new Error("nothing was built");
  return bundled.output.map((file) => (file.type === "chunk" ? file.code : String(file.source)));
}

test("a production bundle has nothing of the panel", async () => {
  const files = await bundle(false);
  expect(files).toHaveLength(1);
  expect(files[0]).not.toContain(MARK);
  expect(files[0]).not.toContain("react-dom");
}, 60_000);

test("in development the panel is apart from the app, and loaded when it is asked for", async () => {
  const files = await bundle(true);
  expect(files.filter((text) => text.includes(MARK))).toHaveLength(1);
  expect(files.length).toBeGreaterThan(1);
}, 60_000);
