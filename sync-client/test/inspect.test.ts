import { expect, test } from "vitest";
import { syncClient } from "../src/client.js";
import { disconnectSync, initSync, joinRoom, syncRequest, upsertSyncEventCallback } from "../src/index.js";
import "./routes.js";
import { connected, serve, until } from "./support.js";

/** Writes down what it is told. */
function watch(): string[] {
  const log: string[] = [];
  syncClient().inspector = {
    async request(options, send) {
      log.push(`made ${options.name}`);
      const onStream = (payload: object) => log.push(`stream ${JSON.stringify(payload)}`);
      const answer = await send({ ...options, onSent: () => log.push("sent"), onStream });
      log.push(answer.status === "error" ? answer.errorCode : "success");
      return answer;
    },
    delivery: ({ status, fullName }, callbacks) => log.push(`${status} of ${fullName} for ${callbacks}`),
  };
  return log;
}

test("a watcher sees a request from its making to its answer, and what it streams", async () => {
  await connected();
  await joinRoom("board");
  const log = watch();
  await syncRequest({ name: "chat/say", version: "v1", data: { text: "a" }, receiver: "board" });
  expect(log.slice(0, 3)).toEqual(["made chat/say", "sent", 'stream {"chunk":"a"}']);
  expect(log.at(-1)).toBe("success");
});

test("a watcher sees a request that never leaves the page", async () => {
  const log = watch();
  await syncRequest({ name: "board/moveCard", version: "v1", data: { cardId: "1", toLane: "a" }, receiver: "", offline: "fail" });
  const waiting = syncRequest({ name: "system/ping", version: "v1", receiver: "a" });
  initSync({ url: (await serve({ refuse: 100 })).url });
  disconnectSync();
  await waiting;
  expect(log).toEqual(["made board/moveCard", "sync.ioUnavailable", "made system/ping", "offline.dropped"]);
});

test("a watcher sees each delivery, and how many callbacks it has", async () => {
  const server = await connected();
  await joinRoom("board");
  const log = watch();
  const fullName = "sync/board/moveCard/v1";
  const delivery = { cb: fullName, fullName, status: "success", message: "", serverOutput: {}, clientOutput: {} };
  server.io.to("board").emit("sync", delivery);
  await until(() => log.length === 1);
  const off = [1, 2].map(() => upsertSyncEventCallback({ name: "board/moveCard", version: "v1", callback: () => {} }));
  server.io.to("board").emit("sync", delivery);
  await until(() => log.length === 2);
  for (const end of off) end();
  expect(log).toEqual([`success of ${fullName} for 0`, `success of ${fullName} for 2`]);
});

test("the rooms of the page can be listed with their states", async () => {
  await connected({ blocked: ["private"] });
  const { rooms } = syncClient();
  rooms.hold("private");
  await joinRoom("board");
  await until(() => rooms.state("private").status === "error");
  expect(rooms.all().map(({ code, state }) => [code, state.status])).toEqual([
    ["private", "error"],
    ["board", "joined"],
  ]);
});
