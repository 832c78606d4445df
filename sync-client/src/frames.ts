/** The frames of streams, each passed on once. */
import { setLatest } from "./latest.js";
import { isObject, type JsonObject } from "./wire.js";

/** Of how many streams it is remembered how far they have come. Those heard of last are kept. */
const STREAMS = 256;

/**
 * Gives a payload back without the mark that says which frame of which stream it is; nothing for
 * one that came before. After a reconnect the server sends a running stream from its start.
 */
export function createFrames(): (payload: JsonObject) => JsonObject | undefined {
  /** The index that comes next, by the stream's id. */
  const next = new Map<string, number>();

  return (payload) => {
    const { __stream: mark, ...frame } = payload;
    if (!isObject(mark)) return payload;
    const { id, index } = mark;
    if (typeof id !== "string" || typeof index !== "number") return frame;
    if (index < (next.get(id) ?? 0)) return undefined;
    setLatest(next, id, index + 1, STREAMS);
    return frame;
  };
}
