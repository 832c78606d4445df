// How fast types are checked and offered in an app of 500 routes. Prints what it measured, and fails when
// checking takes longer than 5 seconds or a completion longer than one, on a machine that does nothing else.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { manyRoutes } from "./many-routes.js";

const ROUTES = 500;
/** What one part of such an app uses of them. */
const USED = 50;
const CHECK_WITHIN = 5_000;
const COMPLETE_WITHIN = 1_000;
/** Each is measured so often, and the median is printed: the first completion loads the project. */
const ROUNDS = 9;

const client = fileURLToPath(new URL("..", import.meta.url));
const modules = path.join(client, "../node_modules");
const app = mkdtempSync(path.join(tmpdir(), "sync-editor-"));
const file = (name) => path.join(app, name);
let failed = false;

function report(what, ms, limit) {
  const tooSlow = limit !== undefined && ms > limit;
  failed ||= tooSlow;
  console.log(`${what.padEnd(54)} ${ms.toFixed(0).padStart(6)} ms${tooSlow ? `, more than ${limit}` : ""}`);
}

/** An app that asks and hears so many of its routes. */
function writeApp(used) {
  const uses = Array.from(
    { length: used },
    (_, i) => `
export async function ask${i}() {
  const answer = await syncRequest({ name: "page/route${i}", version: "v1", receiver: "r", data: { id: "", nested: { b: [] } } });
  if (answer.status === "success") return answer.result.by;
  return answer.errorCode === "page.code${i}" ? "own" : answer.message;
}
export function useRoute${i}(hear: (by: string) => void) {
  useSyncEvents({
    name: "page/route${i}",
    version: "v1",
    callback: ({ serverOutput }) => serverOutput.status === "success" && hear(serverOutput.by),
  });
}`,
  );
  writeFileSync(file("sync.gen.ts"), manyRoutes(ROUTES));
  writeFileSync(
    file("app.ts"),
    `import { syncRequest } from "sync-client";\nimport { useSyncEvents } from "sync-client/react";\n${uses.join("\n")}`,
  );
  writeFileSync(file("edited.ts"), "");
  writeFileSync(file("package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    target: "ES2022",
    module: "ESNext",
    moduleResolution: "bundler",
    types: [],
  };
  writeFileSync(file("tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
}

function installPackages() {
  mkdirSync(file("node_modules/@types"), { recursive: true });
  symlinkSync(client, file("node_modules/sync-client"));
  for (const name of ["react", "@types/react"]) symlinkSync(path.join(modules, name), file(`node_modules/${name}`));
}

function check(compiler) {
  const began = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [path.join(modules, compiler, "bin/tsc"), "-p", app], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${compiler} refuses the app:\n${stdout}`);
  return performance.now() - began;
}

/** An editor's end of TypeScript's language server. */
function editor() {
  const server = spawn(
    process.execPath,
    [path.join(modules, "typescript/lib/tsserver.js"), "--disableAutomaticTypingAcquisition"],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const waiting = new Map();
  let text = "";
  let lastSeq = 0;
  server.stdout.setEncoding("utf8").on("data", (chunk) => {
    // Each message is one line of JSON, between lines of headers.
    const lines = (text + chunk).split("\n");
    text = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("{")) continue;
      const { request_seq, body } = JSON.parse(line);
      waiting.get(request_seq)?.(body);
      waiting.delete(request_seq);
    }
  });
  const tell = (command, args) => {
    server.stdin.write(`${JSON.stringify({ seq: ++lastSeq, type: "request", command, arguments: args })}\n`);
    return lastSeq;
  };
  return {
    tell,
    ask: (command, args) => new Promise((resolve) => waiting.set(tell(command, args), resolve)),
    stop: () => server.kill(),
  };
}

const places = {
  "the name of a route": ['syncRequest({ name: "|" });', ROUTES],
  "the version of a route": ['syncRequest({ name: "page/route7", version: "|", receiver: "r" });', 2],
  "a member of the data": ['syncRequest({ name: "page/route3", version: "v1", receiver: "r", data: { | } });', 3],
  "a member of the output, in a callback": [
    'useSyncEvents({ name: "page/route3", version: "v1", callback: ({ serverOutput: o }) => o.status === "success" && o.| });',
    4,
  ],
};

async function completions() {
  const server = editor();
  server.tell("open", { file: file("edited.ts"), fileContent: "", projectRootPath: app });
  const head = 'import { syncRequest } from "sync-client";\nimport { useSyncEvents } from "sync-client/react";\n';
  const offer = async (call) => {
    const fileContent = head + call.replace("|", "");
    server.tell("updateOpen", { openFiles: [{ file: file("edited.ts"), fileContent }] });
    const began = performance.now();
    const args = { file: file("edited.ts"), line: 3, offset: call.indexOf("|") + 1 };
    const { entries = [] } = (await server.ask("completionInfo", args)) ?? {};
    return { entries, ms: performance.now() - began };
  };
  const first = await offer("syncReq|");
  report("opening the app, to its first completion", first.ms);
  for (const [what, [call, count]] of Object.entries(places)) {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { entries, ms } = await offer(`${"\t".repeat(round)}${call}`);
      if (entries.length !== count) throw new Error(`${what}: ${entries.length} offered, not ${count}`);
      times.push(ms);
    }
    report(`completion of ${what}`, times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)], COMPLETE_WITHIN);
  }
  server.stop();
}

try {
  installPackages();
  writeApp(ROUTES);
  report(`tsc 5.9, ${ROUTES} routes, all asked and heard`, check("typescript"));
  report(`tsc 7, ${ROUTES} routes, all asked and heard`, check("typescript7"), CHECK_WITHIN);
  writeApp(USED);
  report(`tsc 5.9, ${ROUTES} routes, ${USED} asked and heard`, check("typescript"), CHECK_WITHIN);
  report(`tsc 7, ${ROUTES} routes, ${USED} asked and heard`, check("typescript7"), CHECK_WITHIN);
  await completions();
} finally {
  rmSync(app, { recursive: true, force: true });
}
if (failed) process.exitCode = 1;
