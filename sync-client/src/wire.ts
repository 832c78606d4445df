/**
 * The one place where JSON enters. What the server sends is checked here for its envelope; the
 * outputs inside are trusted to be what the generated types say, since they are made of the same
 * Rust types.
 */
import type { SyncError, SyncErrorCode, SyncErrorParam } from "./errors.js";
import { syncError } from "./errors.js";

export interface JsonObject {
  [key: string]: unknown;
}

/** A request on the wire, but for the index of its answer. */
export interface Packet {
  /** `sync/<page>/<route>/v<N>`. */
  name: string;
  cb: string;
  data: JsonObject;
  receiver: string;
  requestId: string;
  ignoreSelf?: true;
}

/** The server has ended the session of this page. */
export interface SyncSessionEnd {
  /** The user has logged out, perhaps elsewhere; it was taken back; or it was too old. */
  reason: "loggedOut" | "revoked" | "expired";
}

/** An answer to a request, its output not yet typed. */
export type Answer =
  | { status: "success"; message: string; result: JsonObject }
  | SyncError;

/** A delivery, its outputs not yet typed. */
export type Delivery =
  | {
      status: "success" | "error";
      message: string;
      fullName: string;
      serverOutput: JsonObject;
      clientOutput: JsonObject;
    }
  | { status: "stream"; fullName: string; stream: JsonObject };

/** Gives a checked envelope the types of its route. The only cast of the package. */
export function typed<T>(envelope: object): T {
  return envelope as T;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fullName(name: string, version: string): string {
  return `sync/${name}/${version}`;
}

export function readAnswer(value: unknown): Answer {
  if (isObject(value)) {
    if (value["status"] === "success" && isObject(value["result"])) {
      const { status: _, ...output } = value["result"];
      return {
        status: "success",
        message: text(value["message"]),
        result: { ...output, status: "success" },
      };
    }
    const error = readError(value);
    if (error) return error;
  }
  return syncError("sync.invalidServerResponse", "The server sent no answer that this client understands.");
}

export function readRooms(value: unknown): { status: "success"; rooms: string[] } | SyncError {
  if (isObject(value)) {
    const { rooms } = value;
    if (Array.isArray(rooms)) return { status: "success", rooms: rooms.filter((r) => typeof r === "string") };
    const error = readError(value);
    if (error) return error;
  }
  return syncError("sync.invalidServerResponse", "The server sent no list of rooms.");
}

export function readCancelId(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const id = value["__cancelId"];
  return typeof id === "string" ? id : undefined;
}

export function readSessionEnd(value: unknown): SyncSessionEnd {
  const reason = isObject(value) ? value["reason"] : undefined;
  return { reason: reason === "loggedOut" || reason === "expired" ? reason : "revoked" };
}

/** Nothing for a message that is no delivery, such as the answer to a packet without a shape. */
export function readDelivery(value: unknown): Delivery | undefined {
  if (!isObject(value) || typeof value["fullName"] !== "string") return undefined;
  const { cb: _cb, fullName, status, ...rest } = value;
  if (typeof fullName !== "string") return undefined;
  switch (status) {
    case "stream":
      return { status, fullName, stream: rest };
    case "success":
      return {
        ...rest,
        status,
        message: text(rest["message"]),
        fullName,
        serverOutput: { ...asObject(rest["serverOutput"]), status: "success" },
        clientOutput: { ...asObject(rest["clientOutput"]), status: "success" },
      };
    case "error": {
      const error = readError(value);
      if (!error) return undefined;
      const outputs = { serverOutput: { ...error }, clientOutput: { ...error } };
      return { ...rest, ...error, status, fullName, ...outputs };
    }
    default:
      return undefined;
  }
}

function readError(value: JsonObject): SyncError | undefined {
  const { status, errorCode, errorParams, httpStatus } = value;
  if (status !== "error" || typeof errorCode !== "string") return undefined;
  const error: SyncError<string> = { status, message: text(value["message"]), errorCode };
  if (Array.isArray(errorParams)) error.errorParams = errorParams.filter(isObject).map(readParam);
  if (typeof httpStatus === "number") error.httpStatus = httpStatus;
  // A route's own codes are typed further up, where the route is known.
  return typed<SyncError<SyncErrorCode>>(error);
}

function readParam({ key, value }: JsonObject): SyncErrorParam {
  const plain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return { key: text(key), value: plain ? value : JSON.stringify(value ?? null) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
