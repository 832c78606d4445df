/** Sets a member of a map that keeps the `most` that were set last. */
export function setLatest<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  // Put last: the first is the one that was set longest ago.
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
