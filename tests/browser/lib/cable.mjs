// @ts-check
// A cable that can be cut: a TCP proxy between the browsers and the server.
import net from "node:net";

/** @param {string} url of the server behind it */
export async function cable(url) {
  const { hostname, port } = new URL(url);
  /** @type {Set<net.Socket>} */
  const ends = new Set();
  let whole = true;
  const proxy = net.createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      if (one === undefined || other === undefined) continue;
      ends.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        ends.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Ends all connections; new ones fail until `mend`. */
    cut() {
      whole = false;
      for (const end of ends) end.destroy();
    },
    mend() {
      whole = true;
    },
    async remove() {
      this.cut();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
