import { useMemo } from "react";
import type { User } from "../api";
import type { Message } from "../sync.gen";
import { testIds } from "../test-ids";
import { AssistantIcon } from "./AssistantBadge";
import { LiveAnswer, MessageView } from "./MessageView";
import { type Live, rowsOf } from "./state";
import { useStickToEnd } from "./useStickToEnd";

interface Props {
  me: User;
  messages: Message[] | null;
  live: Live | null;
  onAsk: (text: string) => void;
}

/** What to ask when nobody has asked anything yet. */
const SUGGESTIONS = ["How far are we?", "What is in progress?", "Write us a plan"];

/** What was said, and the answer that is being given. */
export function Log({ me, messages, live, onAsk }: Props) {
  const rows = useMemo(() => rowsOf(messages ?? []), [messages]);
  const { scroller, isAtEnd, toEnd } = useStickToEnd([rows, live]);

  return (
    <div className="log-frame">
      <div
        className="log"
        ref={scroller}
        // A keyboard has to be able to scroll it.
        tabIndex={0}
        role="region"
        aria-label="Messages"
        aria-busy={messages === null}
      >
        {messages === null && <Skeleton />}
        {messages?.length === 0 && !live && <Empty onAsk={onAsk} />}
        {/* New messages are read out when they are whole. The answer under way is beside them: read out piece
            by piece it could not be understood, and it comes as a message when it has ended. */}
        <div role="log" aria-live="polite">
          <ol className="messages" data-testid={testIds.messages}>
            {rows.map((row) => (
              <MessageView key={row.message.id} row={row} me={me} />
            ))}
          </ol>
        </div>
        {live && <LiveAnswer live={live} me={me} />}
      </div>
      {!isAtEnd && (
        <button type="button" className="button small to-end" data-testid={testIds.toEnd} onClick={toEnd}>
          Newest ↓
        </button>
      )}
    </div>
  );
}

function Empty({ onAsk }: { onAsk: (text: string) => void }) {
  return (
    <div className="chat-empty" data-testid={testIds.chatEmpty}>
      <span className="chat-empty-sign" aria-hidden="true">
        <AssistantIcon />
      </span>
      <h2>Nothing said yet</h2>
      <p className="muted">Say hello to everybody here, or ask the assistant something about the board.</p>
      <ul>
        {SUGGESTIONS.map((text) => (
          <li key={text}>
            <button type="button" className="button small" onClick={() => onAsk(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Skeleton() {
  return (
    <div className="chat-skeleton" aria-hidden="true">
      {[60, 35, 75, 50].map((width) => (
        <div key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
