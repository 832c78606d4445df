/** What people read when something fails. The code decides; the server's words are for logs. */
const MESSAGES: Record<string, string> = {
  "auth.invalidCredentials": "The name or the password is wrong.",
  "auth.invalidName":
    "A name has 1 to 32 letters, digits, “.”, “-” or “_”, with single spaces between them.",
  "auth.invalidPassword": "A password has 8 to 128 characters.",
  "auth.nameTaken": "This name is taken. Is it yours? Then log in instead.",
  "auth.required": "You are not logged in any more.",
  "board.cardNotFound": "This card is gone: somebody deleted it.",
  "board.full": "The board is full. Delete a card to make room.",
  "board.laneNotFound": "This lane is gone.",
  "board.notYourCard": "Only its owner can do that with this card.",
  "board.placeNotFound": "The cards moved meanwhile. Please try again.",
  "chat.assistantFailed": "The assistant could not answer.",
  "chat.busy": "Too many questions wait for the assistant. Please ask again in a moment.",
  "chat.notYourQuestion": "Only who asked can stop an answer.",
  "network.unreachable": "The server cannot be reached.",
  "offline.dropped": "The connection was away for too long.",
  "offline.queueFull": "Too much is waiting for the connection.",
  "sync.invalidInputType": "The server did not take this input.",
  "sync.ioUnavailable": "The connection was lost before this was done.",
  "sync.rateLimitExceeded": "That was too much at once. Please wait a moment.",
  "sync.requestTimeout": "The server did not answer in time.",
};

export function messageFor(error: { errorCode: string; message: string }): string {
  return MESSAGES[error.errorCode] ?? (error.message || "Something went wrong.");
}
