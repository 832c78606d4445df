/** What an editor shows, asked of TypeScript's language service, in an app of 500 routes. */
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { manyRoutes } from "../scripts/many-routes.js";

const here = import.meta.dirname;
const app = path.join(here, "app.ts");
const generated = path.join(here, "app.gen.ts");
const ROUTES = 500;

let source = "";
let edits = 0;
let service: ts.LanguageService;

beforeAll(() => {
  const gen = manyRoutes(ROUTES);
  const read = (file: string) => {
    if (file === app) return source;
    if (file === generated) return gen;
    return ts.sys.fileExists(file) ? readFileSync(file, "utf8") : undefined;
  };
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      paths: { "sync-client": [path.join(here, "../src/index.ts")] },
    }),
    getScriptFileNames: () => [app, generated],
    getScriptVersion: (file) => (file === app ? String(edits) : "0"),
    getScriptSnapshot: (file) => {
      const text = read(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => here,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (file) => read(file) !== undefined,
    readFile: read,
  };
  service = ts.createLanguageService(host);
  complete("syncRequest|");
}, 60_000);

/** What is offered where `|` stands. */
function complete(call: string): string[] {
  const text = `import { syncRequest, upsertSyncEventCallback } from "sync-client";\n${call}`;
  const cursor = text.indexOf("|");
  source = text.replace("|", "");
  edits += 1;
  return (service.getCompletionsAtPosition(app, cursor, {})?.entries ?? []).map(({ name }) => name);
}

const places = {
  name: `syncRequest({ name: "|" });`,
  eventName: `upsertSyncEventCallback({ name: "|" });`,
  version: `syncRequest({ name: "page/route7", version: "|", receiver: "r" });`,
  eventVersion: `upsertSyncEventCallback({ name: "page/route7", version: "|" });`,
  data: `syncRequest({ name: "page/route3", version: "v1", receiver: "r", data: { | } });`,
  result: `const answer = await syncRequest({ name: "page/route3", version: "v1", receiver: "r", data: { id: "" } });
    if (answer.status === "success") answer.result.|`,
  output: `upsertSyncEventCallback({ name: "page/route3", version: "v1", callback: ({ serverOutput }) => {
      if (serverOutput.status !== "success") return;
      serverOutput.|
    } });`,
};

test("the names of all routes are offered", () => {
  expect(complete(places.name)).toHaveLength(ROUTES);
  expect(complete(places.eventName)).toContain("page/route7");
});

test("only the versions of the route are offered", () => {
  expect(complete(places.version)).toEqual(["v1", "v2"]);
  expect(complete(places.version.replace("route7", "route8"))).toEqual(["v1"]);
  expect(complete(places.eventVersion)).toEqual(["v1", "v2"]);
});

test("the members of the input and of the outputs are offered", () => {
  expect(complete(places.data)).toEqual(expect.arrayContaining(["id", "at", "nested"]));
  expect(complete(places.result).sort()).toEqual(["by", "id", "list", "status"]);
  expect(complete(places.output).sort()).toEqual(["by", "id", "list", "status"]);
});

test.each(Object.entries(places))("a completion of %s does not unfold all routes", (_, call) => {
  complete(call);
  // Instantiations rather than time, which depends on the machine: about 9 000 for a name and 3 000
  // for the rest. The types of every route come to 85 000 and take seconds.
  expect(service.getProgram()?.getInstantiationCount()).toBeLessThan(20_000);
});
