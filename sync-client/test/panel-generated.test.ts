import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { emptyValue, literalsOf, readGenerated, resolve, type Shape } from "../src/panel/generated.js";

const read = (file: string) => readGenerated(readFileSync(path.join(import.meta.dirname, file), "utf8"));
const generated = read("../test-types/sync.gen.ts");
const inputOf = (name: string, version: string): Shape =>
  resolve(generated.find((route) => route.name === name && route.version === version)?.input ?? { kind: "any" });
const fields = (shape: Shape) => {
  const plain = resolve(shape);
  return plain.kind === "object" ? plain.fields.map(({ name, shape }) => [name, resolve(shape).kind]) : plain.kind;
};

test("all routes of a generated file are found, each with its versions and its own error codes", () => {
  expect(generated.map(({ name, version, errorCodes }) => [`${name}/${version}`, errorCodes])).toEqual([
    ["board/moveCard/v1", ["board.cardNotFound"]],
    ["board/moveCard/v2", ["board.cardNotFound", "board.laneFull"]],
    ["board/showCard/v1", []],
    ["chat/announce/v1", []],
    ["chat/import/v1", []],
    ["chat/sendMessage/v1", []],
    ["docs/notes/edit/v3", []],
    ["system/ping/v1", []],
    ["system/search/v1", []],
  ]);
});

test("inputs are read through names, in their own namespace and outside", () => {
  expect(fields(inputOf("board/moveCard", "v1"))).toEqual([
    ["cardId", "string"],
    ["toLane", "string"],
  ]);
  expect(fields(inputOf("system/ping", "v1"))).toEqual([]);
  expect(fields(inputOf("docs/notes/edit", "v3"))).toEqual([
    ["block", "union"],
    ["tree", "union"],
    ["extra", "union"],
    ["expr", "union"],
    ["tags", "array"],
    ["at", "any"],
    ["counts", "any"],
  ]);
});

test("what a form begins with is what the types ask for, empty, also for a type that holds itself", () => {
  expect(emptyValue(inputOf("board/moveCard", "v2"))).toEqual({ cardId: "", toLane: "", position: null, note: null });
  expect(emptyValue(inputOf("docs/notes/edit", "v3"))).toMatchObject({
    block: { kind: "text", text: "", style: null },
    tree: null,
    tags: [],
  });
});

test("a type that needs itself without end still gives a form something to begin with", () => {
  const [route] = readGenerated(`
    export type Sum = { left: Sum };
    export interface SyncRoutes { "a/b": { v1: { input: Sum; errorCode: never; }; }; }`);
  expect(emptyValue(route?.input ?? { kind: "any" })).toMatchObject({ left: { left: {} } });
});

test("intersections, literals, documentation and optional fields are read", () => {
  const [route] = readGenerated(`
    export type Base = { id: string };
    export declare namespace a_b_server_v1 {
      type Input = Base & {
        /** How it looks. */
        colour?: "red" | "green",
        tags: string[],
      };
    }
    export interface SyncRoutes { "a/b": { v1: { input: a_b_server_v1.Input; errorCode: never; }; }; }`);
  const input = resolve(route?.input ?? { kind: "any" });
  if (input.kind !== "object") throw new Error(`not an object: ${input.kind}`);
  expect(input.fields.map(({ name, optional, doc }) => [name, optional, doc])).toEqual([
    ["id", false, ""],
    ["colour", true, "How it looks."],
    ["tags", false, ""],
  ]);
  expect(literalsOf(input.fields[1]?.shape ?? { kind: "any" })).toEqual(["red", "green"]);
  expect(route?.errorCodes).toEqual([]);
});

test("the example's own file is read, and text that is no such file has no routes", () => {
  const routes = read("../../example-app/web/src/sync.gen.ts");
  const move = routes.find(({ name, version }) => name === "board/moveCard" && version === "v2");
  expect(emptyValue(move?.input ?? { kind: "any" })).toEqual({ cardId: "", toLane: "", beforeCardId: null });
  for (const { input } of routes) expect(resolve(input).kind).toBe("object");
  expect(readGenerated("")).toEqual([]);
  expect(readGenerated("export const routes = { a: 1 };")).toEqual([]);
  expect(() => readGenerated("export interface SyncRoutes {{{ <")).not.toThrow();
});
