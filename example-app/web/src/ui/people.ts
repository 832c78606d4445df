/** The colour of a person: a hue, the same on every page and after every reload. */
export function hueOf(userId: string): number {
  let hash = 2166136261;
  for (let i = 0; i < userId.length; i += 1) {
    hash = Math.imul(hash ^ userId.charCodeAt(i), 16777619);
  }
  // Twelve hues, so that two people either share one or differ visibly.
  return ((hash >>> 0) % 12) * 30 + 10;
}

/** One or two letters for a person's badge. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0] ?? name];
  return letters.map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
