/** Where a room's history stands, and what the server says of what was missed. */
import { isObject } from "./wire.js";

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
  /** The server has not said what was missed. */
  | "failed";

export type Resumed =
  | { recovered: true }
  | { recovered: false; reason: SyncGapReason; offset: Offset | undefined };

/** `<epoch>:<n>`. */
export function readOffset(value: unknown): Offset | undefined {
  const [, epoch, n] = (typeof value === "string" && /^(.+):(\d+)$/.exec(value)) || [];
  return epoch === undefined ? undefined : { epoch, n: Number(n) };
}

/** Where a room stands, as an answer about rooms has it. */
export type NamedOffset = [room: string, offset: Offset];

export function readOffsets(value: unknown): NamedOffset[] {
  const offsets = isObject(value) && isObject(value["offsets"]) ? value["offsets"] : {};
  return Object.entries(offsets).flatMap(([room, text]) => {
    const offset = readOffset(text);
    return offset ? [[room, offset]] : [];
  });
}

const REASONS: readonly SyncGapReason[] = ["trimmed", "newEpoch", "tooLate", "notMember"];

/** By room; without those that the answer does not tell of, as an error tells of none. */
export function readResumed(value: unknown): Map<string, Resumed> {
  const rooms = isObject(value) && isObject(value["rooms"]) ? value["rooms"] : {};
  return new Map(Object.entries(rooms).map(([room, outcome]) => [room, readOutcome(outcome)]));
}

function readOutcome(value: unknown): Resumed {
  if (!isObject(value)) return { recovered: false, reason: "failed", offset: undefined };
  const { recovered, reason, offset } = value;
  if (recovered === true) return { recovered };
  const known = REASONS.find((one) => one === reason);
  return { recovered: false, reason: known ?? "failed", offset: readOffset(offset) };
}
