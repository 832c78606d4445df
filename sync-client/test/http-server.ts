/** The HTTP half of the test server, as docs/wire.md has it. */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server } from "socket.io";
import type { Asker } from "./answers.js";
import type { Packet } from "./server.js";

interface Parts {
  io: Server;
  sessions: Map<string, Set<string>>;
  packets: Packet[];
  run(asker: Asker, body: Record<string, any>, reply: (value: unknown) => void): void;
}

/** Notes each request as packet `POST`, and one that is broken off by its client as `gone`. */
export function serveHttp(http: HttpServer, { io, sessions, packets, run }: Parts): void {
  http.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith("/sync/")) return;
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const name = decodeURIComponent(request.url?.slice(1) ?? "");
      const { authorization = "", accept = "" } = request.headers;
      const body = { ...JSON.parse(text), name };
      const note = (event: string) =>
        packets.push({ event, body: { ...body, authorization, accept }, socket: "" });
      note("POST");
      response.on("close", () => {
        if (!response.writableFinished) note("gone");
      });
      const isStream = accept.includes("text/event-stream");
      const send = (event: string, value: unknown) =>
        response.write(`: still there\n\nevent: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
      if (isStream) response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      const token = authorization.replace("Bearer ", "");
      const asker: Asker = {
        rooms: sessions.get(token) ?? new Set(),
        others: (room) => io.to(room),
        progress: (payload) => isStream && send("stream", payload),
      };
      run(asker, body, (value) => {
        if (isStream) {
          send("final", value);
          return response.end();
        }
        const { httpStatus = 200 } = value as { httpStatus?: number };
        return response.writeHead(httpStatus, { "content-type": "application/json" }).end(JSON.stringify(value));
      });
    });
  });
}
