/** What the panel remembers across reloads, for this tab of the browser. */

const PREFIX = "sync-panel.";

export function recall(key: string, otherwise: boolean): boolean;
export function recall(key: string, otherwise: number): number;
export function recall(key: string, otherwise: string): string;
export function recall(key: string, otherwise: unknown): unknown {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "null");
    return typeof value === typeof otherwise ? value : otherwise;
  } catch {
    // No storage on this page, or not what was put there.
    return otherwise;
  }
}

export function remember(key: string, value: string | number | boolean): void {
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Then it is forgotten with the page.
  }
}
