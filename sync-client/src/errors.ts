/**
 * The error codes of the framework itself. A route's `errorCode` is this union and the route's own
 * codes.
 */
export type SyncErrorCode =
  // From the server, for a request.
  | "sync.invalidRequest"
  | "sync.invalidCallback"
  | "routing.invalidServiceRouteName"
  | "sync.missingReceiver"
  | "sync.invalidInputType"
  | "auth.required"
  | "auth.forbidden"
  | "sync.receiverNotAllowed"
  | "sync.notRoomMember"
  | "sync.notFound"
  | "sync.noReceiversFound"
  | "sync.rateLimitExceeded"
  | "sync.payloadTooLarge"
  | "sync.serverExecutionFailed"
  | "sync.clusterUnavailable"
  | "sync.requestIdReused"
  | "sync.requestTimeout"
  | "request.aborted"
  // From the server, for one recipient of a delivery.
  | "sync.clientExecutionFailed"
  | "sync.clientRejected"
  // From the server, for a room operation.
  | "session.notFound"
  | "room.joinBlocked"
  | "room.leaveBlocked"
  // Made here, before or without the wire.
  | "sync.invalidName"
  | "sync.invalidVersion"
  | "sync.ioUnavailable"
  | "sync.invalidServerResponse"
  | "offline.queueFull"
  | "offline.dropped";

/** A value for the placeholders of an error's message, such as the seconds of a rate limit. */
export interface SyncErrorParam {
  key: string;
  value: string | number | boolean;
}

/** How every operation of this package fails: it resolves with this, it never rejects. */
export interface SyncError<Code extends string = SyncErrorCode> {
  status: "error";
  /** For developers and logs; what users read is better chosen by `errorCode`. */
  message: string;
  errorCode: Code;
  errorParams?: SyncErrorParam[];
  /** The status the same error has over HTTP. Errors made in the client have none. */
  httpStatus?: number;
}

export function syncError(
  errorCode: SyncErrorCode,
  message: string,
  errorParams?: SyncErrorParam[],
): SyncError {
  const error: SyncError = { status: "error", message, errorCode };
  if (errorParams) error.errorParams = errorParams;
  return error;
}

/** It waited for the connection and was given up. What was sent may have run. */
export function dropped(reason: "full" | "age" | "session", sent: boolean): SyncError {
  return syncError("offline.dropped", "Given up.", [
    { key: "reason", value: reason },
    { key: "sent", value: sent },
  ]);
}

/** The connection cannot carry this, or broke while it did. */
export function unavailable(sent: boolean): SyncError {
  const message = sent
    ? "The connection was lost."
    : "No connection in time.";
  return syncError("sync.ioUnavailable", message, [{ key: "sent", value: sent }]);
}

export function timedOut(): SyncError {
  return syncError("sync.requestTimeout", "No answer in time.");
}

export function notUnderstood(): SyncError {
  return syncError("sync.invalidServerResponse", "The answer is not understood.");
}
