/**
 * What tests of this page hold on to. Besides these:
 *
 * - a card is a button with `data-card-id` and `data-owner-id`, inside the lane it is in;
 * - a lane is a section with `data-lane-id`; its list of cards fills it, so dropping on the lane drops at the end
 *   unless there is a card at that point;
 * - another member's pointer has `data-user-id`;
 * - the connection has `data-status`: `joined` once events arrive, else `joining`, `reconnecting` or `error`;
 * - while a card is lifted, by pointer or by keyboard, it has `data-lifted`;
 * - a message of the chat has `data-message-id`, `data-kind` (`said`, `asked`, `answer`) and `data-ending` (`complete`,
 *   `stopped`, `failed`); its text is exactly that of the element `messageText` in it.
 */
export const testIds = {
  /** The form for logging in and registering, and its parts. */
  signInForm: "sign-in-form",
  signInName: "sign-in-name",
  signInPassword: "sign-in-password",
  signInSubmit: "sign-in-submit",
  /** Switches between logging in and registering. */
  signInSwitch: "sign-in-switch",
  signInError: "sign-in-error",

  /** The whole board, once it is loaded. */
  board: "board",
  boardTitle: "board-title",
  boardTitleInput: "board-title-input",
  boardError: "board-error",
  connection: "connection",
  /** The name of the user who is logged in. */
  userName: "user-name",
  logOut: "log-out",

  /** The list of those who are on this page as well; each has `data-user-id`. */
  here: "here",

  lane: "lane",
  laneCount: "lane-count",
  card: "card",
  /** On a card that somebody else has just opened. */
  cardViewer: "card-viewer",

  /** One per lane, followed by the form that it opens. */
  newCardOpen: "new-card-open",
  newCardTitle: "new-card-title",
  newCardNotes: "new-card-notes",
  newCardSubmit: "new-card-submit",

  cardDialog: "card-dialog",
  cardDialogTitle: "card-dialog-title",
  cardDialogLane: "card-dialog-lane",
  /** A text field for the owner; for others it is not there, and this is: */
  privateNotes: "private-notes",
  privateNotesHidden: "private-notes-hidden",
  cardDialogSave: "card-dialog-save",
  cardDialogDelete: "card-dialog-delete",
  cardDialogClose: "card-dialog-close",

  tabBoard: "tab-board",
  tabChat: "tab-chat",
  /** How many messages came while the chat was not open. */
  unread: "unread",

  /** The whole chat, once it is open. */
  chat: "chat",
  chatError: "chat-error",
  chatEmpty: "chat-empty",
  messages: "messages",
  message: "message",
  messageText: "message-text",
  /** On an answer that was stopped or failed: says so. */
  messageEnd: "message-end",
  /** The answer that is being given; its text so far is that of the element `liveText` in it. */
  liveAnswer: "live-answer",
  liveText: "live-text",
  chatText: "chat-text",
  chatSend: "chat-send",
  /** Whether what one writes is a question to the assistant. */
  toAssistant: "to-assistant",
  /** There while one's own question is being answered. */
  stop: "stop",
  typing: "typing",
  toEnd: "to-end",

  cursor: "cursor",
  toast: "toast",
  /** What a screen reader is told about the card one is moving, at once. */
  announcement: "announcement",
  /** What it is told about the doings of others, when there is time. */
  news: "news",
} as const;
