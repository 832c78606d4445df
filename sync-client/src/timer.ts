/** The longest a timer can run. Given more, browsers fire it at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Milliseconds before one more attempt, doubled each time, and the most they grow to. */
export const PAUSE = { first: 500, most: 5_000 };

/** How long to wait after so many attempts that failed before. */
export function pauseAfter(failed: number): number {
  return Math.min(PAUSE.first * 2 ** failed, PAUSE.most);
}

export type Timer = ReturnType<typeof setTimeout> | undefined;

/** Runs `expire` after `ms` milliseconds; never, when that is longer than a timer can run. */
export function startTimer(ms: number, expire: () => void): Timer {
  // What is no number is over at once: a request must settle.
  return ms > LONGEST_MS ? undefined : setTimeout(expire, ms);
}
