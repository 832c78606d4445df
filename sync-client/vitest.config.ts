import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const react18 = (name: string) => fromHere(`../tests/react18/node_modules/${name}`);
/** Those that render. They run on both versions of React that the package is for. */
const hooks = ["test/react*.test.tsx", "test/server-rendering.test.tsx"];

export default defineConfig({
  test: {
    testTimeout: 15_000,
    projects: [
      { extends: true, test: { name: "client", include: ["test/*.test.{ts,tsx}"], env: { REACT: "19" } } },
      {
        extends: true,
        resolve: {
          alias: {
            react: react18("react"),
            "react-dom": react18("react-dom"),
            // Its CommonJS form asks Node for React, which knows no alias.
            "@testing-library/react": fromHere(
              "../node_modules/@testing-library/react/dist/@testing-library/react.esm.js",
            ),
          },
        },
        test: {
          name: "react 18",
          include: hooks,
          env: { REACT: "18" },
          server: { deps: { inline: [/testing-library\/react/] } },
        },
      },
    ],
  },
});
