import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The Rust server behind `npm run dev`, as its `--port` defaults. */
const server = "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  server: {
    // The `Host` header stays the browser's, so the server sees requests of its own origin.
    proxy: {
      "/auth": server,
      "/api": server,
      "/socket.io": { target: server, ws: true },
    },
  },
});
