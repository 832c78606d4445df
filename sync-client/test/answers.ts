/** What the routes of the test server do. */
import type { Server } from "socket.io";

/** A route with history. */
export const SHOW = "sync/board/showCard/v1";

/** Who asks, over the socket or over HTTP. */
export interface Asker {
  rooms: ReadonlySet<string>;
  /** The members of a room but for the one who asks. */
  others(room: string): { emit(event: string, value: unknown): unknown };
  progress(payload: object): void;
}

export function answer(
  io: Server,
  asker: Asker,
  body: Record<string, any>,
  reply: (value: unknown) => void,
): void {
  const name: string = body["name"];
  const success = (output: object) => ({ status: "success", message: "done", result: { status: "success", ...output } });
  const deliver = (serverOutput: object, clientOutput: object = {}) => {
    const to = body["ignoreSelf"] ? asker.others(body["receiver"]) : io.to(body["receiver"]);
    to.emit("sync", {
      cb: name,
      fullName: name,
      status: "success",
      message: "done",
      serverOutput: { status: "success", ...serverOutput },
      clientOutput,
    });
  };
  if (name === "sync/system/ping/v1") return void reply(success({}));
  if (!asker.rooms.has(body["receiver"])) return void reply(refusal("sync.notRoomMember", 403));
  switch (name) {
    case "sync/board/moveCard/v1":
      if (body["data"].cardId === "none") {
        return void reply({
          ...refusal("board.cardNotFound", 404),
          errorParams: [{ key: "cardId", value: "none" }],
        });
      }
      reply(success({ cardId: body["data"].cardId }));
      return deliver({ cardId: body["data"].cardId });
    case "sync/chat/say/v1": {
      for (const chunk of body["data"].text) {
        asker.progress({ chunk });
        io.to(body["receiver"]).emit("sync", { chunk, cb: name, fullName: name, status: "stream" });
      }
      reply(success({ length: body["data"].text.length }));
      return deliver({ length: body["data"].text.length });
    }
    case "sync/board/broken/v1":
      return void reply(["what?"]);
    case "sync/board/place/v1":
    case "sync/board/slow/v1":
      return;
    default:
      reply(refusal("sync.notFound", 404));
  }
}

export function refusal(errorCode: string, httpStatus: number): object {
  return { status: "error", message: `refused: ${errorCode}`, errorCode, httpStatus };
}
