// @ts-check
// What frames have to look like, to the letter.
import assert from "node:assert/strict";

/**
 * The error envelope, with this code and nothing that the contract does not name.
 *
 * @param {any} frame
 * @param {string} code
 * @param {number} [status] the HTTP status that says the same
 */
export function assertError(frame, code, status) {
  assert.equal(frame?.status, "error", `wanted ${code}, heard ${JSON.stringify(frame)}`);
  assert.equal(frame.errorCode, code);
  assert.equal(typeof frame.message, "string");
  assert.notEqual(frame.message, "");
  if (status !== undefined) assert.equal(frame.httpStatus, status);
  if ("errorParams" in frame) {
    assert.ok(Array.isArray(frame.errorParams));
    for (const param of frame.errorParams) assert.deepEqual(Object.keys(param).sort(), ["key", "value"]);
  }
  assertKeys(frame, ["status", "message", "errorCode"], ["errorParams", "httpStatus"]);
}

/**
 * The answer to a request that worked: `output` and nothing else.
 *
 * @param {any} answer
 * @param {Record<string, unknown>} [output]
 */
export function assertAnswer(answer, output) {
  assert.equal(answer?.status, "success", JSON.stringify(answer));
  assert.equal(typeof answer.message, "string");
  assertKeys(answer, ["status", "message", "result"], []);
  assert.equal(answer.result.status, "success");
  if (output !== undefined) assert.deepEqual(answer.result, { status: "success", ...output });
}

/**
 * The answer of a room operation that worked: the rooms, in any order, and nothing else but from where they can be
 * resumed.
 *
 * @param {any} answer
 * @param {...string} rooms
 */
export function assertRooms(answer, ...rooms) {
  assert.ok(Array.isArray(answer?.rooms), JSON.stringify(answer));
  assertKeys(answer, ["rooms"], ["offsets"]);
  assert.deepEqual([...answer.rooms].sort(), [...rooms].sort());
  for (const [room, offset] of Object.entries(answer.offsets ?? {})) {
    assert.ok(rooms.includes(room), room);
    assert.match(offset, OFFSET);
  }
}

/** The place of a delivery in the order of its room, `<epoch>:<number>`. */
export const OFFSET = /^[0-9A-Za-z-]{1,64}:\d+$/;

/**
 * A delivery that worked. On a route with history it also carries its room and its place there.
 *
 * @param {any} frame
 * @param {string} route
 * @param {Record<string, unknown>} serverOutput
 * @param {Record<string, unknown> | undefined} clientOutput `undefined` for a route without a `_client` file
 */
export function assertDelivery(frame, route, serverOutput, clientOutput) {
  const { room, offset, ...delivery } = frame;
  assert.equal(typeof delivery.message, "string");
  assert.equal(room === undefined, offset === undefined);
  if (offset !== undefined) assert.match(offset, OFFSET);
  assert.deepEqual(
    { ...delivery, message: "" },
    {
      cb: `sync/${route}`,
      fullName: `sync/${route}`,
      status: "success",
      message: "",
      serverOutput: { status: "success", ...serverOutput },
      clientOutput: clientOutput === undefined ? {} : { status: "success", ...clientOutput },
    },
  );
}

/**
 * A delivery that its recipient's `_client` failed or refused: the error envelope and whose it is, with
 * nothing of the output.
 *
 * @param {any} frame
 * @param {string} route
 * @param {string} code
 * @param {number} status
 */
export function assertFailedDelivery(frame, route, code, status) {
  const { cb, fullName, ...error } = frame;
  assert.deepEqual([cb, fullName], [`sync/${route}`, `sync/${route}`]);
  assertError(error, code, status);
}

/**
 * @param {object} frame
 * @param {string[]} always
 * @param {string[]} sometimes
 */
function assertKeys(frame, always, sometimes) {
  const keys = Object.keys(frame);
  const missing = always.filter((key) => !keys.includes(key));
  const surplus = keys.filter((key) => !always.includes(key) && !sometimes.includes(key));
  assert.deepEqual({ missing, surplus }, { missing: [], surplus: [] }, JSON.stringify(frame));
}
