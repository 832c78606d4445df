/**
 * The routes as the generated `sync.gen.ts` has them, read from its text: types are gone when a page
 * runs. It reads what `cargo build` writes, not all of TypeScript; what it does not know is `any`, for
 * which the panel offers JSON.
 */

/** A type, as far as a form for it needs to know. */
export type Shape =
  | { kind: "string" | "number" | "boolean" | "null" | "any" }
  | { kind: "literal"; value: string | number }
  | { kind: "object"; fields: Field[] }
  | { kind: "array"; item: Shape }
  | { kind: "union"; options: Shape[] }
  /** Looked up only where it is used, so that a type may hold itself. */
  | { kind: "ref"; look: () => Shape };

export interface Field {
  name: string;
  optional: boolean;
  /** What the Rust documentation says of it. */
  doc: string;
  shape: Shape;
}

export interface RouteInfo {
  name: string;
  version: string;
  input: Shape;
  /** The codes of its own. */
  errorCodes: string[];
}

const ANY: Shape = { kind: "any" };

/** The routes in the text of a generated file, in its order. */
export function readGenerated(text: string): RouteInfo[] {
  const types = readTypes(tokenize(text));
  const routes = fieldsOf(types.get("SyncRoutes"));
  return routes.flatMap(({ name, shape }) =>
    fieldsOf(shape).map((version) => {
      const parts = fieldsOf(version.shape);
      const part = (wanted: string) => parts.find((field) => field.name === wanted)?.shape ?? ANY;
      return { name, version: version.name, input: part("input"), errorCodes: literalsOf(part("errorCode")) };
    }),
  );
}

/** A shape that is not a reference. */
export function resolve(shape: Shape): Shape {
  return shape.kind === "ref" ? resolve(shape.look()) : shape;
}

/** The texts of a union of literals; none for anything else. */
export function literalsOf(shape: Shape): string[] {
  const plain = resolve(shape);
  const options = plain.kind === "union" ? plain.options.map(resolve) : [plain];
  const texts = options.flatMap((option) => (option.kind === "literal" ? [String(option.value)] : []));
  return texts.length === options.length ? texts : [];
}

/** A type may need itself without end, on paper; nobody fills in so deep a form. */
const DEEPEST = 8;

/** A value to begin with: what the types ask for, empty. */
export function emptyValue(shape: Shape, depth = 0): unknown {
  if (depth > DEEPEST) return null;
  const plain = resolve(shape);
  switch (plain.kind) {
    case "string":
      return "";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "literal":
      return plain.value;
    case "array":
      return [];
    case "object": {
      const needed = plain.fields.filter(({ optional }) => !optional);
      return Object.fromEntries(needed.map((field) => [field.name, emptyValue(field.shape, depth + 1)]));
    }
    case "union": {
      const first = plain.options[0] ?? ANY;
      return plain.options.some((option) => resolve(option).kind === "null") ? null : emptyValue(first, depth + 1);
    }
    case "null":
    case "any":
    case "ref":
      return null;
  }
}

function fieldsOf(shape: Shape | undefined): Field[] {
  const plain = shape && resolve(shape);
  return plain?.kind === "object" ? plain.fields : [];
}

interface Token {
  text: string;
  /** The comment in front of it. */
  doc: string;
}

const TOKEN = /\/\*\*?([\s\S]*?)\*\/|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|[\w$]+(?:\.[\w$]+)*|\S/g;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let doc = "";
  for (const [found, comment] of text.matchAll(TOKEN)) {
    if (comment !== undefined) {
      doc = comment.replace(/^\s*\*? ?/gm, "").trim();
    } else if (!found.startsWith("//")) {
      tokens.push({ text: found, doc });
      doc = "";
    }
  }
  return tokens;
}

/** All types of the file, those of namespaces by their full names. */
function readTypes(tokens: Token[]): Map<string, Shape> {
  const types = new Map<string, Shape>();
  let at = 0;
  let namespace = "";

  const peek = () => tokens[at]?.text ?? "";
  const take = () => tokens[at++]?.text ?? "";
  const skip = (text: string) => peek() === text && (at++, true);

  /** A name is looked for in its own namespace first. */
  function reference(name: string): Shape {
    const inside = namespace;
    return { kind: "ref", look: () => types.get(`${inside}.${name}`) ?? types.get(name) ?? ANY };
  }

  /** From an opening bracket to behind the one that closes it. */
  function skipBrackets(): void {
    let depth = 0;
    do {
      const text = take();
      if ("<([{".includes(text)) depth += 1;
      if (">)]}".includes(text)) depth -= 1;
    } while (depth > 0 && at < tokens.length);
  }

  function readUnion(): Shape {
    skip("|");
    const options = [readIntersection()];
    while (skip("|")) options.push(readIntersection());
    return options.length === 1 ? (options[0] ?? ANY) : { kind: "union", options };
  }

  function readIntersection(): Shape {
    const parts = [readPostfix()];
    while (skip("&")) parts.push(readPostfix());
    if (parts.length === 1) return parts[0] ?? ANY;
    const merge = (): Shape => {
      const plain = parts.map(resolve);
      const fields = plain.flatMap(fieldsOf);
      return plain.every(({ kind }) => kind === "object") ? { kind: "object", fields } : ANY;
    };
    return { kind: "ref", look: merge };
  }

  function readPostfix(): Shape {
    let shape = readPrimary();
    while (peek() === "[" && tokens[at + 1]?.text === "]") {
      at += 2;
      shape = { kind: "array", item: shape };
    }
    return shape;
  }

  function readPrimary(): Shape {
    const text = peek();
    switch (text) {
      case "{":
        return readObject();
      case "[":
        skipBrackets();
        return ANY;
      case "(": {
        at += 1;
        const inner = readUnion();
        skip(")");
        return inner;
      }
      case "string":
      case "number":
      case "boolean":
      case "null":
        at += 1;
        return { kind: text };
    }
    at += 1;
    if (text.startsWith('"')) return { kind: "literal", value: unquote(text) };
    if (/^\d/.test(text)) return { kind: "literal", value: Number(text) };
    if (text === "Array" && skip("<")) {
      const item = readUnion();
      skip(">");
      return { kind: "array", item };
    }
    if (text === "Record" && tokens[at + 3]?.text === "never") {
      skipBrackets();
      return { kind: "object", fields: [] };
    }
    if (peek() === "<") {
      skipBrackets();
      return ANY;
    }
    return /^[A-Za-z_$]/.test(text) ? reference(text) : ANY;
  }

  function readObject(): Shape {
    const start = at;
    const fields: Field[] = [];
    at += 1;
    while (at < tokens.length && !skip("}")) {
      const { text: name = "", doc = "" } = tokens[at] ?? {};
      if (name === "[") {
        // Any key: a form has no fields for it.
        at = start;
        skipBrackets();
        return ANY;
      }
      at += 1;
      const optional = skip("?");
      skip(":");
      fields.push({ name: unquote(name), optional, doc, shape: readUnion() });
      while (skip(";") || skip(","));
    }
    return { kind: "object", fields };
  }

  while (at < tokens.length) {
    const keyword = take();
    if (keyword === "namespace") namespace = take();
    else if (keyword === "}") namespace = "";
    else if (keyword === "interface") types.set(take(), readObject());
    else if (keyword === "type" && tokens[at + 1]?.text === "=") {
      const name = take();
      at += 1;
      types.set(namespace ? `${namespace}.${name}` : name, readUnion());
    }
  }
  return types;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const value: unknown = JSON.parse(text);
  return String(value);
}
