import { useEffect } from "react";
import type { User } from "../api";
import { messageFor } from "../messages";
import { testIds } from "../test-ids";
import { Notice } from "../ui/Notice";
import { Composer } from "./Composer";
import { Dots } from "./Dots";
import { Log } from "./Log";
import type { ChatHook } from "./useChat";
import { useTyping } from "./useTyping";

/** The chat, below the bar. */
export function ChatPage({ me, chat }: { me: User; chat: ChatHook }) {
  const { typing, tell } = useTyping();
  const { messages, live, failure, stop } = chat;

  useEffect(() => {
    document.title = "Chat";
  }, []);

  if (!messages && failure) {
    return (
      <Notice
        title="The chat cannot be loaded"
        text={messageFor(failure)}
        testId={testIds.chatError}
        onRetry={() => void chat.load()}
      />
    );
  }
  return (
    <main className="chat" data-testid={testIds.chat}>
      <Log me={me} messages={messages} live={live} onAsk={(text) => void chat.ask(text)} />
      <div className="chat-foot">
        <div className="chat-status">
          <p className="typing" data-testid={testIds.typing}>
            {typing.length > 0 && (
              <>
                <Dots /> {writing(typing)}
              </>
            )}
          </p>
          {stop && (
            <button type="button" className="button small stop" data-testid={testIds.stop} onClick={stop}>
              <span className="stop-sign" aria-hidden="true" /> Stop <span className="visually-hidden">the answer</span>
            </button>
          )}
        </div>
        <Composer onSay={(text) => chat.say(text, false)} onAsk={chat.ask} onTyping={tell} onStop={stop} />
      </div>
    </main>
  );
}

function writing(names: string[]): string {
  const [first, second] = names;
  if (names.length === 1) return `${first} is writing…`;
  if (names.length === 2) return `${first} and ${second} are writing…`;
  return `${first} and ${names.length - 1} others are writing…`;
}
