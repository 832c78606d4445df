import type { User } from "../api";
import type { Message } from "../sync.gen";
import { testIds } from "../test-ids";
import { Badge, hueStyle } from "../ui/Badge";
import { AssistantBadge } from "./AssistantBadge";
import { Dots } from "./Dots";
import type { Live, Row } from "./state";

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

/** One message, and the day before the first of a day. */
export function MessageView({ row, me }: { row: Row; me: User }) {
  const { message, day, goesOn } = row;
  const isAnswer = message.kind === "answer";
  const isMine = !isAnswer && message.userId === me.id;
  return (
    <>
      {day !== null && (
        <li className="day">
          <span>{nameOfDay(day)}</span>
        </li>
      )}
      <li
        className="message"
        style={hueStyle(message.userId)}
        data-testid={testIds.message}
        data-message-id={message.id}
        data-kind={message.kind}
        data-ending={message.ending}
        data-mine={isMine || undefined}
        data-goes-on={goesOn || undefined}
      >
        {isAnswer ? <AssistantBadge /> : <Badge userId={message.userId} name={message.userName} />}
        <div className="message-body">
          <p className="message-head">
            <strong>{isAnswer ? "Assistant" : isMine ? "You" : message.userName}</strong>
            {isAnswer && <span>to {message.userId === me.id ? "you" : message.userName}</span>}
            {message.kind === "asked" && <span>to the assistant</span>}
            <time dateTime={new Date(message.sentAt).toISOString()}>{TIME.format(message.sentAt)}</time>
          </p>
          {message.text && (
            <p className="bubble" data-testid={testIds.messageText}>
              {message.text}
            </p>
          )}
          {message.ending !== "complete" && (
            <p className="message-end" data-testid={testIds.messageEnd}>
              {howItEnded(message, me)}
            </p>
          )}
        </div>
      </li>
    </>
  );
}

/** The answer that is being given, as it comes. */
export function LiveAnswer({ live, me }: { live: Live; me: User }) {
  const { text, answering } = live;
  return (
    <div className="message" data-kind="answer" data-testid={testIds.liveAnswer} aria-live="off">
      <AssistantBadge />
      <div className="message-body">
        <p className="message-head">
          <strong>Assistant</strong>
          {answering && <span>to {answering.userId === me.id ? "you" : answering.userName}</span>}
        </p>
        <p className="bubble">
          <span data-testid={testIds.liveText}>{text}</span>
          {text ? <span className="caret" aria-hidden="true" /> : <Dots />}
        </p>
      </div>
    </div>
  );
}

function howItEnded(message: Message, me: User): string {
  if (message.ending === "failed") return "The assistant could not go on.";
  return message.userId === me.id ? "You stopped it here." : `${message.userName} stopped it here.`;
}

function nameOfDay(day: number): string {
  const today = new Date().setHours(0, 0, 0, 0);
  if (day === today) return "Today";
  // Not a day of 24 hours before: clocks change.
  const yesterday = new Date(today);
  yesterday.setDate(yesterday.getDate() - 1);
  return day === yesterday.getTime() ? "Yesterday" : DAY.format(day);
}
