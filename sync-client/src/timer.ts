/** The longest a timer can run. Given more, browsers fire it at once. */
const LONGEST_MS = 2 ** 31 - 1;

export type Timer = ReturnType<typeof setTimeout> | undefined;

/** Runs `expire` after `ms` milliseconds; never, when that is longer than a timer can run. */
export function startTimer(ms: number, expire: () => void): Timer {
  return ms <= LONGEST_MS ? setTimeout(expire, ms) : undefined;
}
