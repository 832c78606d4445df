/** What the README shows of React compiles, as it stands there. */
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "..");
const readme = readFileSync(path.join(root, "README.md"), "utf8");
const section = /^## React$(.*?)^## /ms.exec(readme)?.[1] ?? "";
const examples = [...section.matchAll(/^```tsx\n(.*?)^```/gms)].map((match) => match[1] ?? "");

/** What an example may use of its reader's own app. */
const APP = `declare function Lanes(props: {
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
  types: [],
  paths: {
    "sync-client": [path.join(root, "src/index.ts")],
    "sync-client/react": [path.join(root, "src/react/index.ts")],
  },
};

test("there are examples to compile", () => {
  expect(examples.length).toBeGreaterThan(2);
});

test.each(examples.map((example, i) => [i + 1, example] as const))("example %i compiles", (i, example) => {
  const file = path.join(import.meta.dirname, `readme-${i}.tsx`);
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, `${example}\n${APP}`, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file, path.join(root, "test-types/sync.gen.ts")], options, host);
  const found = ts.getPreEmitDiagnostics(program).map(({ messageText, start, file: at }) => {
    const line = at && start !== undefined ? at.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(found).toEqual([]);
}, 60_000);
