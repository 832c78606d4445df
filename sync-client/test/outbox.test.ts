import { expect, test } from "vitest";
import { createOutbox, type Waiting } from "../src/outbox.js";

test("what was under way takes its old place again, before what was asked for later", () => {
  let isOpen = false;
  const sent: number[] = [];
  const outbox = createOutbox(() => isOpen);
  const entry = (askedAt: number): Waiting => ({
    receiver: "room",
    askedAt,
    notBefore: 0,
    failsOffline: false,
    identity: undefined,
    isReady: () => isOpen,
    queued: () => {},
    send: () => sent.push(askedAt),
    drop: () => {},
  });
  outbox.add(entry(3), 10, "reject");
  outbox.putBack(entry(1));
  outbox.putBack(entry(2));
  outbox.add(entry(4), 10, "reject");
  isOpen = true;
  outbox.flush();
  expect(sent).toEqual([1, 2, 3, 4]);
});
