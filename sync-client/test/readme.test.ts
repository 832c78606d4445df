/** What the README shows compiles, as it stands there. */
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";

const root = path.join(import.meta.dirname, "..");
const readme = readFileSync(path.join(root, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```tsx?\n(.*?)^```/gms)].map((match) => match[1] ?? "");

/** What an example may use of its reader's own app. */
const APP = `declare const cardId: string;
declare const toLane: string;
declare const currentUser: { id: string } | undefined;
declare function moveCard(cardId: string, toLane: string): void;
declare function removeCard(cardId: string): void;
declare function showError(text: string): void;
declare function append(text: string): void;
declare function reload(room: string): Promise<void>;
declare function Lanes(props: {
  lanes: Record<string, string>;
  disabled: boolean;
  onMove?: (move: { cardId: string; toLane: string }) => void;
}): import("react").ReactNode;`;

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  jsx: ts.JsxEmit.ReactJSX,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // What the reader of a Vite project has: `import.meta.env`, and files as text.
  types: ["vite/client"],
  paths: {
    "sync-client": [path.join(root, "src/index.ts")],
    "sync-client/react": [path.join(root, "src/react/index.ts")],
    "sync-client/panel": [path.join(root, "src/panel/index.ts")],
    "sync-client/persist": [path.join(root, "src/persist.ts")],
    "sync-client/http": [path.join(root, "src/http.ts")],
  },
};

test("there are examples to compile", () => {
  expect(examples.length).toBeGreaterThan(10);
});

/** The mistakes in each example, by its number. All are compiled at once, which takes a tenth of the time. */
function mistakes(): Map<number, string[]> {
  const files = new Map(
    examples.map((example, i) => [path.join(import.meta.dirname, `readme-${i + 1}.tsx`), `${example}\n${APP}`]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  const generated = path.join(root, "test-types/sync.gen.ts");
  const program = ts.createProgram([...files.keys(), generated], options, host);
  const found = ts.getPreEmitDiagnostics(program);
  return new Map(
    [...files.keys()].map((name, i) => {
      const own = found.filter(({ file }) => file?.fileName === name);
      return [i + 1, own.map(describeMistake)];
    }),
  );
}

function describeMistake({ messageText, start, file }: ts.Diagnostic): string {
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
}

let found: Map<number, string[]>;
beforeAll(() => {
  found = mistakes();
}, 120_000);

test.each(examples.map((_, i) => i + 1))("example %i compiles", (i) => {
  expect(found.get(i)).toEqual([]);
});
