// @ts-check
// The example's front end as a developer has it: Vite's development server, StrictMode, hot reload.
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const web = join(repository, "example-app/web");

/**
 * Serves a copy of the front end, in which a test may edit, in front of an example server.
 *
 * @param {string} server its URL
 */
export async function startDevServer(server) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sync-web-")));
  for (const name of ["index.html", "public", "src", "vite.config.ts", "package.json"]) {
    cpSync(join(web, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const vite = await createServer({
    root: folder,
    cacheDir: join(folder, ".vite"),
    logLevel: "error",
    server: {
      host: "127.0.0.1",
      port: 0,
      fs: { allow: [folder, repository] },
      proxy: { "/auth": server, "/api": server, "/socket.io": { target: server, ws: true } },
    },
  });
  await vite.listen();
  const [url] = vite.resolvedUrls?.local ?? [];
  if (url === undefined) throw new Error("the development server has no address");
  return {
    url: url.replace(/\/$/, ""),
    /**
     * Saves a source file with something else in it.
     *
     * @param {string} name inside `src`
     * @param {string} from
     * @param {string} to
     */
    edit(name, from, to) {
      const file = join(folder, "src", name);
      const text = readFileSync(file, "utf8");
      if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
      writeFileSync(file, text.replace(from, to));
    },
    async stop() {
      await vite.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
