// @ts-check
// A hand on a page's websocket: it can hold back what the server says, and change what the page says.

/**
 * To be called before the page connects.
 *
 * @param {import("playwright-core").Page} page
 */
export async function tap(page) {
  /** @type {(() => void)[] | undefined} */
  let held;
  /** @type {(packet: string) => string} */
  let change = (packet) => packet;
  await page.routeWebSocket(/\/socket\.io\//, (near) => {
    const far = near.connectToServer();
    near.onMessage((packet) => far.send(typeof packet === "string" ? change(packet) : packet));
    far.onMessage((packet) => {
      if (held) held.push(() => near.send(packet));
      else near.send(packet);
    });
  });
  return {
    /** From now on the page hears nothing. */
    hold() {
      held = [];
    },
    /** It hears all that was held back, in order. */
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const send of waiting) send();
    },
    /**
     * What the page sends goes out changed.
     *
     * @param {(packet: string) => string} next
     */
    tamper(next) {
      change = next;
    },
  };
}
