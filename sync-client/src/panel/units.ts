/** Milliseconds to read. */
export function ms(duration: number): string {
  if (duration < 10) return `${duration.toFixed(1)} ms`;
  if (duration < 1_000) return `${Math.round(duration)} ms`;
  return `${(duration / 1_000).toFixed(duration < 10_000 ? 2 : 1)} s`;
}

/** The time of day of a `Date.now()`. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}
