/** A real Socket.IO server that speaks docs/wire.md, small enough to be seen through. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { answer, type Asker, refusal, SHOW } from "./answers.js";
import { History } from "./history.js";
import { serveHttp } from "./http-server.js";
import { People } from "./people.js";

export interface Packet {
  event: string;
  body: Record<string, unknown>;
  socket: string;
}

export interface TestServer {
  url: string;
  port: number;
  io: Server;
  /** Everything clients sent, in order. */
  packets: Packet[];
  /** The handshakes' `auth`, in order. */
  greetings: Record<string, unknown>[];
  /** The rooms of each session, by token; sessions outlive the server, as in a store. */
  sessions: Map<string, Set<string>>;
  history: History;
  /** Who is where, by room; the server tells of it those who watch. */
  people: People;
  /** The requests that were run, by `requestId`, in order. */
  runs: string[];
  sent(event: string): Record<string, unknown>[];
  /** Records a delivery of `board/showCard` and sends it to the members of its room. */
  show(room: string, cardId: string): void;
  /** Cuts all connections as a broken network does, without a word. */
  cut(): void;
  stop(): Promise<void>;
}

interface StartOptions {
  port?: number;
  sessions?: Map<string, Set<string>>;
  /** Rooms that may not be joined. */
  blocked?: string[];
  /** Milliseconds before a request is told its cancel id. */
  cancelIdDelay?: number;
  /** Milliseconds before a room operation is answered. */
  roomDelay?: number;
  /** Handshakes to refuse before the first is let in. */
  refuse?: number;
  /** Milliseconds before an answer is sent; the request has run by then. */
  answerDelay?: number;
  /** Milliseconds before `resume` is looked at. */
  resumeDelay?: number;
  /** Does not answer `resume`. */
  ignoreResume?: boolean;
  /** Does not answer `watchPresence`. */
  ignorePresence?: boolean;
}

export async function startServer(options: StartOptions = {}): Promise<TestServer> {
  const http = createServer();
  const io = new Server(http, { serveClient: false });
  const packets: Packet[] = [];
  const greetings: Record<string, unknown>[] = [];
  const sessions = options.sessions ?? new Map<string, Set<string>>();
  const history = new History();
  const people = new People(io);
  const runs: string[] = [];
  /** The answers given, by `requestId`. */
  const answers = new Map<string, unknown>();
  let refuse = options.refuse ?? 0;
  const offsets = (rooms: Set<string>) =>
    Object.fromEntries([...rooms].map((room) => [room, history.head(room)]));

  /** Runs a request once, however often it comes. */
  const run = (asker: Asker, body: Record<string, any>, reply: (value: unknown) => void) => {
    const id = body["requestId"];
    if (answers.has(id)) return reply(answers.get(id));
    runs.push(id);
    answer(io, asker, body, (value) => {
      answers.set(id, value);
      reply(value);
    });
  };
  serveHttp(http, { io, sessions, packets, run });

  io.use((socket, next) => {
    greetings.push(socket.handshake.auth);
    if (refuse-- > 0) return next(new Error("too many connections"));
    next();
  });

  io.on("connection", (socket) => {
    const token = String(socket.handshake.auth["token"] ?? socket.id);
    const rooms = sessions.get(token) ?? new Set<string>();
    sessions.set(token, rooms);
    for (const room of rooms) void socket.join(room);

    socket.onAny((event: string, body: Record<string, unknown>) => {
      packets.push({ event, body, socket: socket.id });
    });
    const roomOperation = (run: () => void) => {
      if (options.roomDelay) setTimeout(run, options.roomDelay);
      else run();
    };
    socket.on("joinRoom", ({ group, responseIndex }) => {
      roomOperation(() => {
        if (group === "" || options.blocked?.includes(group)) {
          const refused = group === "" ? refusal("sync.invalidRequest", 400) : refusal("room.joinBlocked", 403);
          socket.emit(`joinRoom-${responseIndex}`, refused);
          return;
        }
        rooms.add(group);
        void socket.join(group);
        socket.emit(`joinRoom-${responseIndex}`, { rooms: [...rooms], offsets: offsets(rooms) });
      });
    });
    socket.on("leaveRoom", ({ group, responseIndex }) => {
      roomOperation(() => {
        rooms.delete(group);
        void socket.leave(group);
        socket.emit(`leaveRoom-${responseIndex}`, { rooms: [...rooms] });
      });
    });
    socket.on("getJoinedRooms", ({ responseIndex }) => {
      socket.emit(`getJoinedRooms-${responseIndex}`, { rooms: [...rooms], offsets: offsets(rooms) });
    });
    socket.on("watchPresence", ({ group, responseIndex }) => {
      if (options.ignorePresence) return;
      const answer = rooms.has(group) ? people.watch(socket, group) : refusal("sync.notRoomMember", 403);
      socket.emit(`watchPresence-${responseIndex}`, answer);
    });
    socket.on("unwatchPresence", ({ group, responseIndex }) => {
      people.unwatch(socket, group);
      socket.emit(`unwatchPresence-${responseIndex}`, {});
    });
    socket.on("resume", ({ rooms: asked, responseIndex }) => {
      if (options.ignoreResume) return;
      const resume = () => {
        const outcomes = Object.entries(asked as Record<string, string>).map(([room, offset]) => {
          if (!rooms.has(room)) return [room, { recovered: false, reason: "notMember" }];
          const missed = history.since(room, offset);
          if (typeof missed === "string") {
            return [room, { recovered: false, reason: missed, offset: history.head(room) }];
          }
          for (const delivery of missed) socket.emit("sync", delivery);
          return [room, { recovered: true, count: missed.length }];
        });
        socket.emit(`resume-${responseIndex}`, { rooms: Object.fromEntries(outcomes) });
      };
      if (options.resumeDelay) setTimeout(resume, options.resumeDelay);
      else resume();
    });
    socket.on("sync", (body) => {
      setTimeout(() => {
        socket.emit(`sync-progress-${body.responseIndex}`, { __cancelId: `cancel-${body.requestId}` });
        const asker: Asker = {
          rooms: socket.rooms,
          others: (room) => socket.to(room),
          progress: (payload) => socket.emit(`sync-progress-${body.responseIndex}`, payload),
        };
        run(asker, body, (value) => {
          const send = () => socket.emit(`sync-${body.responseIndex}`, value);
          if (options.answerDelay) setTimeout(send, options.answerDelay);
          else send();
        });
      }, options.cancelIdDelay ?? 0);
    });
  });

  await new Promise<void>((listening) => http.listen(options.port ?? 0, "127.0.0.1", listening));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    io,
    packets,
    greetings,
    sessions,
    history,
    people,
    runs,
    show: (room, cardId) => {
      const delivery = {
        cb: SHOW,
        fullName: SHOW,
        status: "success",
        message: "",
        serverOutput: { status: "success", cardId },
        clientOutput: { status: "success", notes: null },
      };
      io.to(room).emit("sync", history.append(room, delivery));
    },
    sent: (event) => packets.filter((packet) => packet.event === event).map(({ body }) => body),
    cut: () => {
      for (const socket of io.sockets.sockets.values()) socket.conn.close();
    },
    stop: () => io.close(),
  };
}
