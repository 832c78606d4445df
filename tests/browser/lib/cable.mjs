// @ts-check
// A cable that can be cut: a TCP proxy between the browsers and the server.
import net from "node:net";

/** @param {string} url of the server behind it */
export async function cable(url) {
  const { hostname, port } = new URL(url);
  /** Both ends of every connection, and whether it is a websocket. @type {Set<{ near: net.Socket, far: net.Socket, isSocket: boolean }>} */
  const connections = new Set();
  let carriesPages = true;
  let carriesSockets = true;
  const proxy = net.createServer((near) => {
    near.on("error", () => near.destroy());
    if (!carriesPages) {
      near.destroy();
      return;
    }
    near.once("data", (first) => {
      const isSocket = first.toString("latin1").startsWith("GET /socket.io/");
      if (isSocket && !carriesSockets) {
        near.destroy();
        return;
      }
      near.pause();
      const far = net.connect(Number(port), hostname);
      const connection = { near, far, isSocket };
      connections.add(connection);
      far.on("error", () => near.destroy());
      for (const [one, other] of [
        [near, far],
        [far, near],
      ]) {
        one?.on("close", () => {
          connections.delete(connection);
          other?.destroy();
        });
      }
      far.write(first);
      near.pipe(far).pipe(near);
    });
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Ends all connections; new ones fail until `mend`. */
    cut() {
      carriesPages = false;
      for (const { near } of connections) near.destroy();
    },
    /** Ends websockets only, so that pages can still be loaded; new ones fail until `mend`. */
    cutSockets() {
      carriesSockets = false;
      for (const { near, isSocket } of connections) if (isSocket) near.destroy();
    },
    /** What the server says on the websockets there are now does not arrive any more. */
    deafen() {
      for (const { near, far, isSocket } of connections) if (isSocket) far.unpipe(near);
    },
    mend() {
      carriesPages = true;
      carriesSockets = true;
    },
    async remove() {
      this.cut();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
