/** Where a room's history stands, and what the server says of what was missed. */
import { isObject, memberOf, typed } from "./wire.js";

/** The `n`th delivery of a room since the server began this history of it. */
export interface Offset {
  epoch: string;
  n: number;
}

/** Why deliveries are missing. */
export type SyncGapReason =
  /** The server keeps only so many, or for so long. */
  | "trimmed"
  /** The server has begun a new history: it was restarted, or its data is gone. */
  | "newEpoch"
  /** The page asked so late that it had been sent newer ones before. */
  | "tooLate"
  /** The page was not in the room any more. If it wants to be, it is again when this is told. */
  | "notMember"
  /** What other nodes of the server sent may not have come: they could not be heard for a while. */
  | "cluster"
  /** Another node sent on a route that this page's node does not have, as while a new version is rolled out. */
  | "unknownRoute"
  /** The server has not said what was missed. */
  | "failed";

export type Resumed =
  | { recovered: true }
  | { recovered: false; reason: SyncGapReason; offset: Offset | undefined };

/** The server has not said what became of a room. */
export const FAILED: Resumed = { recovered: false, reason: "failed", offset: undefined };

/** `<epoch>:<n>`. */
export function readOffset(value: unknown): Offset | undefined {
  const [, epoch, n] = /^(.+):(\d+)$/.exec(String(value)) ?? [];
  return epoch === undefined ? undefined : { epoch, n: Number(n) };
}

/** Where rooms stand, as an answer about them has it. */
export function readOffsets(value: unknown): [room: string, offset: Offset][] {
  return membersOf(value, "offsets").flatMap(([room, text]) => {
    const offset = readOffset(text);
    return offset ? [[room, offset]] : [];
  });
}

export function readReason(value: unknown): SyncGapReason {
  return typeof value === "string" ? typed<SyncGapReason>(value) : "failed";
}

/** By room; without those that the answer does not tell of, as an error tells of none. */
export function readResumed(value: unknown): Map<string, Resumed> {
  return new Map(membersOf(value, "rooms").map(([room, outcome]) => [room, readOutcome(outcome)]));
}

function membersOf(value: unknown, name: string): [name: string, value: unknown][] {
  const members = memberOf(value, name);
  return isObject(members) ? Object.entries(members) : [];
}

function readOutcome(value: unknown): Resumed {
  if (!isObject(value)) return FAILED;
  const { recovered, reason, offset } = value;
  if (recovered === true) return { recovered };
  return { recovered: false, reason: readReason(reason), offset: readOffset(offset) };
}
