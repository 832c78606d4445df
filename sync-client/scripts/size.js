// Prints what the package adds to a bundle, and fails when that passes the limit.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const dist = (file) => JSON.stringify(fileURLToPath(new URL(`../dist/${file}`, import.meta.url)));
const core = `export * from ${dist("index.js")};`;
const entries = {
  "sync-client": { source: core, limitBytes: 8_000 },
  "sync-client with its hooks": {
    source: `${core} export * from ${dist("react/index.js")};`,
    limitBytes: 10_000,
  },
  "sync-client with HTTP and IndexedDB": {
    source: `${core} export * from ${dist("http.js")}; export * from ${dist("persist.js")};`,
    limitBytes: 10_000,
  },
};

for (const [name, { source, limitBytes }] of Object.entries(entries)) {
  const bundle = await build({
    configFile: false,
    logLevel: "error",
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === "entry" ? "\0entry" : undefined),
        load: (id) => (id === "\0entry" ? source : undefined),
      },
    ],
    build: {
      write: false,
      rollupOptions: {
        input: "entry",
        external: ["socket.io-client", "react"],
        preserveEntrySignatures: "strict",
      },
    },
  });
  const { code } = bundle.output[0];
  const gzipped = gzipSync(code, { level: 9 }).length;
  console.log(`${name}: ${code.length} bytes, ${gzipped} gzipped, without socket.io-client and react`);
  if (gzipped > limitBytes) {
    console.error(`over the limit of ${limitBytes} bytes gzipped`);
    process.exitCode = 1;
  }
}
