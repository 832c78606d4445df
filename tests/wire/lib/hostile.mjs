// @ts-check
// What no client would send.

/** @param {number} depth */
export function nested(depth) {
  /** @type {any} */
  let value = {};
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

/** What is no packet at all. @type {[string, any[]][]} */
export const NO_PACKETS = [
  ["nothing", []],
  ["null", [null]],
  ["an array", [[1, 2]]],
  ["an empty array", [[]]],
  ["a number", [5]],
  ["a string", ["sync/board/cursorMove/v1"]],
  ["true", [true]],
  ["a binary attachment", [Buffer.from([1, 2, 3])]],
];

/** What is no text, by what it is. @type {[string, any][]} */
export const NO_TEXTS = [
  ["null", null],
  ["true", true],
  ["a number", 5],
  ["a negative number", -1],
  ["a fraction", 1.5],
  ["a number beyond integers", 1e300],
  ["an array", ["board:demo"]],
  ["an empty array", []],
  ["an object", { length: 3 }],
  ["a prototype's names", JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{}},"toString":1}')],
  ["a deep object", nested(100)],
  ["a binary attachment", Buffer.from([1, 2, 3])],
  ["what looks like an attachment", { _placeholder: true, num: 7 }],
];

/** Texts that are no name of anything. @type {[string, string][]} */
export const BAD_TEXTS = [
  ["an empty text", ""],
  ["a huge text", "x".repeat(100_000)],
];

/** What is no number to answer on. @type {[string, any][]} */
export const NO_INDEXES = [
  ["missing", undefined],
  ["a text", "7"],
  ["infinite", Number.MAX_VALUE],
  ...NO_TEXTS.filter(([, value]) => !Number.isSafeInteger(value)),
];
