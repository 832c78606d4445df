// @ts-check
// docs/wire.md, "Languages": errors in the language of whoever hears them. The example speaks English and
// Dutch.
import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import { BOARD, MOVE, PING } from "../lib/routes.mjs";
import { assertError } from "../lib/shapes.mjs";
import { closeAll, connect } from "../lib/socket.mjs";
import { post, register } from "../lib/users.mjs";

/** @type {import("../lib/users.mjs").User} */
let user;
before(async () => {
  user = await register();
});
afterEach(closeAll);

const lost = { cardId: "no such card", toLane: "no such lane" };

/**
 * What a socket is told that connected with these headers and asks for a lane that is not there.
 *
 * @param {Record<string, string>} headers
 */
async function told(headers) {
  const client = await connect(user, { headers });
  await client.join(BOARD);
  const answer = await client.request(MOVE, lost, BOARD);
  assertError(answer, answer.errorCode, 404);
  return answer.message;
}

test("a socket is answered in the language of its handshake", async () => {
  const [dutch, english] = [await told({ "accept-language": "nl-BE, en;q=0.5" }), await told({})];
  assert.match(dutch, /^Deze (kaart|kolom) /);
  assert.match(english, /^There is no such (card|lane) /);
  assert.equal(await told({ "accept-language": "en, nl;q=0.9" }), english);
  assert.equal(await told({ "accept-language": "tlh" }), english);
  assert.equal(await told({ "accept-language": ";;q=,*" }), english);
  assert.equal(await told({ "accept-language": "en", "x-language": "nl" }), dutch);
});

test("over HTTP each request is answered in its own language", async () => {
  for (const [headers, message] of /** @type {[Record<string, string>, string][]} */ ([
    [{ "accept-language": "nl" }, "Open eerst het bord."],
    [{ "accept-language": "en" }, "Join the room before sending to it."],
    [{}, "Join the room before sending to it."],
  ])) {
    const response = await post(`/sync/${PING}`, { data: {}, receiver: BOARD }, headers);
    assert.equal(response.status, 403);
    const answer = /** @type {any} */ (await response.json());
    assert.equal(answer.message, message);
  }
});
