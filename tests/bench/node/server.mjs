// Node's Socket.IO with nothing around it: no sessions, no checks. It answers requests and delivers
// them to a room as the routes `bench/echo` and `bench/filter` do, packet by packet the same.
//
//   node server.mjs emit    one emit for the whole room
//   node server.mjs loop    one for each recipient, with something of its own

import { createServer } from "node:http";

import { Server } from "socket.io";

const loops = process.argv[2] === "loop";
const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.use((socket, next) => {
  socket.data.user = socket.handshake.auth.token;
  next();
});

io.on("connection", (socket) => {
  socket.on("joinRoom", ({ group, responseIndex }) => {
    socket.join(group);
    socket.emit(`joinRoom-${responseIndex}`, { rooms: [group] });
  });
  socket.on("sync", async ({ cb, data, receiver, responseIndex }) => {
    const result = { status: "success", ...data };
    const message = `${cb} success`;
    socket.emit(`sync-${responseIndex}`, { status: "success", message, result });
    const delivery = (clientOutput) => ({
      cb,
      fullName: cb,
      status: "success",
      message,
      serverOutput: result,
      clientOutput,
    });
    if (!loops) {
      io.in(receiver).emit("sync", delivery({}));
      return;
    }
    for (const member of await io.in(receiver).fetchSockets()) {
      member.emit("sync", delivery({ status: "success", seq: data.seq, me: member.data.user }));
    }
  });
});

http.listen(0, "127.0.0.1", () => {
  console.log(`ready http://127.0.0.1:${http.address().port} pid=${process.pid}`);
});
