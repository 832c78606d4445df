// Fails unless the package holds what is published, and nothing else: each source, what is built of
// it, and what package.json names.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const listed = execFileSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
const packed = new Set(JSON.parse(listed)[0].files.map(({ path }) => path));

const sources = [...packed].filter((path) => path.startsWith("src/"));
const built = sources.flatMap((path) => {
  const stem = path.replace(/^src/, "dist").replace(/\.tsx?$/, "");
  return [".js", ".js.map", ".d.ts", ".d.ts.map"].map((end) => stem + end);
});
const named = Object.values(exports).flatMap((target) => (typeof target === "string" ? target : Object.values(target)));
const wanted = new Set([
  "package.json",
  "README.md",
  "LICENSE-MIT",
  "LICENSE-APACHE",
  ...sources,
  ...built,
  ...named.map((path) => path.replace("./", "")),
]);

const missing = [...wanted].filter((path) => !packed.has(path));
const odd = [...packed].filter((path) => !wanted.has(path));
for (const path of missing) console.error(`not in the package: ${path}`);
for (const path of odd) console.error(`in the package for no reason: ${path}`);
console.log(`${packed.size} files in the package`);
if (missing.length > 0 || odd.length > 0) process.exitCode = 1;
