/**
 * What the chat looks like: what the server last said, with the events since, and the answer that is being
 * given. Pure functions; `useChat` feeds them.
 */
import type { Chat } from "../api";
import type { Failed } from "../failed";
import type { Answering, Message } from "../sync.gen";

/** The answer that is being given, as far as it was heard. */
export interface Live {
  text: string;
  /** Whose question it answers; `null` until the server has told. */
  answering: Answering | null;
}

export interface ChatState {
  /** The oldest first. `null` until they are loaded for the first time. */
  messages: Message[] | null;
  live: Live | null;
  /** An answer has ended and no other has begun: pieces that still come are its own. */
  over: boolean;
  /** Why the last attempt to load them failed. */
  failure: Failed | null;
  /** Which attempt is under way, so that only the latest counts; 0 for none. */
  loading: number;
  /** Messages since that attempt began: what it brings may be older than they are. */
  meanwhile: Message[];
  /** The same of an answer that has begun or ended since. */
  liveIsNewer: boolean;
}

export type ChatAction =
  | { type: "load"; attempt: number }
  | { type: "loaded"; attempt: number; chat: Chat }
  | { type: "loadFailed"; attempt: number; failure: Failed }
  /** Somebody said something, or the assistant has: then its answer is over, and this is it. */
  | { type: "said"; message: Message }
  /** The next piece of the answer. */
  | { type: "chunk"; chunk: string }
  /** The assistant answers somebody's question. */
  | { type: "begun"; answering: Answering }
  /** Nothing is heard of the room for now: an answer may begin meanwhile. */
  | { type: "away" };

/** Messages that a page keeps; it forgets the oldest. */
const KEPT = 300;

export const emptyState: ChatState = {
  messages: null,
  live: null,
  over: false,
  failure: null,
  loading: 0,
  meanwhile: [],
  liveIsNewer: false,
};

export function reduce(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "load":
      return { ...state, loading: action.attempt, meanwhile: [], liveIsNewer: false };
    case "loaded": {
      if (action.attempt !== state.loading) return state;
      const { messages, answering } = action.chat;
      return {
        ...state,
        messages: state.meanwhile.reduce(add, messages),
        live: state.liveIsNewer ? state.live : liveWith(state.live, answering),
        failure: null,
        loading: 0,
        meanwhile: [],
      };
    }
    case "loadFailed":
      if (action.attempt !== state.loading) return state;
      return { ...state, loading: 0, meanwhile: [], failure: action.failure };
    case "said": {
      const said = withMessage(state, action.message);
      return action.message.kind === "answer" ? { ...said, live: null, over: true, liveIsNewer: true } : said;
    }
    case "chunk": {
      if (state.over) return state;
      const { text, answering } = state.live ?? { text: "", answering: null };
      return { ...state, live: { text: text + action.chunk, answering } };
    }
    case "begun":
      return { ...state, live: liveWith(state.live, action.answering), over: false, liveIsNewer: true };
    case "away":
      return { ...state, over: false };
  }
}

/** What was heard of an answer, when it is known which answer is given: it may be another one by now. */
function liveWith(live: Live | null, answering: Answering | null): Live | null {
  if (!live) return answering && { text: "", answering };
  if (!live.answering) return { text: live.text, answering };
  if (live.answering.messageId === answering?.messageId) return live;
  return answering && { text: "", answering };
}

function withMessage(state: ChatState, message: Message): ChatState {
  return {
    ...state,
    messages: state.messages && add(state.messages, message),
    meanwhile: state.loading ? [...state.meanwhile, message] : [],
  };
}

/** Adding a message twice is the same as once: it may be in what was loaded already. */
function add(messages: Message[], message: Message): Message[] {
  if (messages.some((one) => one.id === message.id)) return messages;
  return [...messages, message].slice(-KEPT);
}

/** Messages in the order they are shown, with what is said of several at once said once. */
export interface Row {
  message: Message;
  /** The day it begins, in milliseconds; `null` when the message before is of the same day. */
  day: number | null;
  /** The one before is by the same person, and of a moment ago. */
  goesOn: boolean;
}

/** Within so many milliseconds the messages of a person are shown under one name. */
const MOMENT = 5 * 60_000;

export function rowsOf(messages: Message[]): Row[] {
  return messages.map((message, nth) => {
    const before = messages[nth - 1];
    const sameDay = before !== undefined && dayOf(before.sentAt) === dayOf(message.sentAt);
    const sameWriter =
      before?.userId === message.userId && (before.kind === "answer") === (message.kind === "answer");
    return {
      message,
      day: sameDay ? null : dayOf(message.sentAt),
      goesOn:
        sameDay &&
        sameWriter &&
        message.kind !== "answer" &&
        message.sentAt - before.sentAt < MOMENT,
    };
  });
}

function dayOf(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
