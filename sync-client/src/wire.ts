/**
 * The one place where JSON enters. What the server sends is checked here for its envelope; the
 * outputs inside are trusted to be what the generated types say, since they are made of the same
 * Rust types.
 */
import type { SyncError, SyncErrorCode, SyncErrorParam } from "./errors.js";
import { notUnderstood } from "./errors.js";

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
  /** Left out where it is not sent again in any case: the server would remember its answer for nothing. */
  requestId?: string;
  /** It was sent before, and may have run. */
  repeat?: true;
  ignoreSelf?: true;
  /** Whose it is, where the page says: the server runs it for nobody else. */
  user?: string;
}

/** A request that can be told from all others, also when it is sent again. */
export type KeptPacket = Packet & { requestId: string };

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

/** Gives what has been checked its type: an envelope, that of its route. The only cast of the package. */
export function typed<T>(envelope: object | string): T {
  return envelope as T;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of what may be no object. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

export function fullName(name: string, version: string): string {
  return `sync/${name}/${version}`;
}

export function readAnswer(value: unknown): Answer {
  const result = memberOf(value, "result");
  if (memberOf(value, "status") !== "success" || !isObject(result)) return readError(value) ?? notUnderstood();
  return { status: "success", message: text(memberOf(value, "message")), result: succeeded(result) };
}

export function readRooms(value: unknown): { status: "success"; rooms: string[] } | SyncError {
  const rooms = memberOf(value, "rooms");
  if (!Array.isArray(rooms)) return readError(value) ?? notUnderstood();
  return { status: "success", rooms: readStrings(rooms) };
}

export function readStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function readCancelId(value: unknown): string | undefined {
  const id = memberOf(value, "__cancelId");
  return typeof id === "string" ? id : undefined;
}

export function readSessionEnd(value: unknown): SyncSessionEnd {
  const reason = memberOf(value, "reason");
  return { reason: typeof reason === "string" ? typed<SyncSessionEnd["reason"]>(reason) : "revoked" };
}

/** Nothing for a message that is no delivery, such as the answer to a packet without a shape. */
export function readDelivery(value: unknown): Delivery | undefined {
  if (!isObject(value)) return undefined;
  const { cb: _, fullName, status, ...rest } = value;
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
        serverOutput: succeeded(rest["serverOutput"]),
        clientOutput: succeeded(rest["clientOutput"]),
      };
    case "error": {
      const error = readError(value);
      return error && { ...rest, ...error, fullName, serverOutput: { ...error }, clientOutput: { ...error } };
    }
    default:
      return undefined;
  }
}

export function readError(value: unknown): SyncError | undefined {
  const { status, message, errorCode, errorParams, httpStatus } = isObject(value) ? value : {};
  if (status !== "error" || typeof errorCode !== "string") return undefined;
  const error: SyncError<string> = { status, message: text(message), errorCode };
  if (Array.isArray(errorParams)) error.errorParams = typed<SyncErrorParam[]>(errorParams);
  if (typeof httpStatus === "number") error.httpStatus = httpStatus;
  // A route's own codes are typed further up, where the route is known.
  return typed<SyncError<SyncErrorCode>>(error);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function succeeded(output: unknown): JsonObject {
  return { ...(isObject(output) ? output : {}), status: "success" };
}
