import { afterEach, expect, test, vi } from "vitest";
import { createOutbox, type Waiting } from "../src/outbox.js";

let isOpen = false;
let sent: number[] = [];
const outboxOfTest = () => {
  isOpen = false;
  sent = [];
  return createOutbox(() => isOpen);
};
const entry = (askedAt: number, notBefore = 0): Waiting => ({
  receiver: "room",
  askedAt,
  notBefore,
  failsOffline: false,
  identity: undefined,
  isReady: () => isOpen,
  queued: () => {},
  send: () => sent.push(askedAt),
  drop: () => {},
});
afterEach(() => void vi.useRealTimers());

test("what was under way takes its old place again, before what was asked for later", () => {
  const outbox = outboxOfTest();
  outbox.add(entry(3), 10, "reject");
  outbox.putBack(entry(1));
  outbox.putBack(entry(2));
  outbox.add(entry(4), 10, "reject");
  isOpen = true;
  outbox.flush();
  expect(sent).toEqual([1, 2, 3, 4]);
});

test("a pause before the next attempt ends although its timer is ahead of the clock", () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const outbox = outboxOfTest();
  isOpen = true;
  outbox.putBack(entry(1, Date.now() + 1_000));
  outbox.flush();
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual([1]);
});

test("who makes a request while the queue empties is not ahead of what waits", () => {
  const outbox = outboxOfTest();
  outbox.add(entry(1), 10, "reject");
  outbox.add(entry(2), 10, "reject");
  let asked = false;
  outbox.onSize(() => {
    if (asked) return;
    asked = true;
    outbox.add(entry(3), 10, "reject");
  });
  isOpen = true;
  outbox.flush();
  expect(sent).toEqual([1, 2, 3]);
});
