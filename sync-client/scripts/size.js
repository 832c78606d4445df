// Prints what each entry of the package adds to a bundle, and fails when that passes what the README says.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const url = (file) => new URL(`../dist/${file}`, import.meta.url);
const dist = (file) => JSON.stringify(fileURLToPath(url(file)));
const all = (...files) => files.map((file) => `export * from ${dist(file)};`).join("\n");

/** Presence goes where it is not used: most pages show nobody. */
async function withoutPresence(file) {
  const names = Object.keys(await import(url(file))).filter((name) => !/presence/i.test(name));
  return `export { ${names.join(", ")} } from ${dist(file)};`;
}

const core = await withoutPresence("index.js");
const hooks = await withoutPresence("react/index.js");

/** Bytes after gzip, without `socket.io-client` and React. The core is counted with each entry: all need it. */
const bundles = {
  "sync-client, without presence": { source: core, limit: 6_800 },
  "sync-client/react, without presence": { source: core + hooks, limit: 8_100 },
  "sync-client": { source: all("index.js"), limit: 7_400 },
  "sync-client/react": { source: all("index.js", "react/index.js"), limit: 8_800 },
  "sync-client/http": { source: all("index.js", "http.js"), limit: 8_100 },
  "sync-client/persist": { source: all("index.js", "persist.js"), limit: 8_200 },
  "imported and not used": { source: `import ${dist("index.js")}; import ${dist("react/index.js")};`, limit: 100 },
};

for (const [name, { source, limit }] of Object.entries(bundles)) {
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
  console.log(`${name}: ${gzipped} bytes gzipped, of ${limit} at most`);
  if (gzipped > limit) {
    console.error(`${name} has become too large`);
    process.exitCode = 1;
  }
}
