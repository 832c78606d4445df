import { usePresence } from "sync-client/react";
import { useCallback, useEffect, useState } from "react";
import type { User } from "./api";
import { BoardPage } from "./board/BoardPage";
import { ChatPage } from "./chat/ChatPage";
import { ROOM as CHAT_ROOM, useChat } from "./chat/useChat";
import type { Failed } from "./failed";
import { messageFor } from "./messages";
import { useTab } from "./pages";
import { useLateFailures } from "./queue";
import { Bar } from "./ui/Bar";
import { Here } from "./ui/Here";
import { useToasts } from "./ui/Toasts";

interface Props {
  me: User;
  onLogOut: () => void;
  /** The server does not know the session any more. */
  onSessionLost: () => void;
}

const SESSION_LOST = ["auth.required", "session.notFound"];

/**
 * What one sees when logged in. The chat is heard here and not on its page: an answer goes on, and can be
 * stopped, while one looks at the board.
 */
export function Workspace({ me, onLogOut, onSessionLost }: Props) {
  const { say, list: toasts } = useToasts();
  const [tab, goTo] = useTab();
  const [unread, setUnread] = useState(0);

  const onFailed = useCallback(
    (error: Failed) => {
      if (SESSION_LOST.includes(error.errorCode)) onSessionLost();
      else say(messageFor(error));
    },
    [say, onSessionLost],
  );
  useLateFailures(onFailed);
  const chat = useChat({
    me,
    onFailed,
    onMessage: (message) => {
      if (message.kind === "answer" || message.userId !== me.id) setUnread((now) => now + 1);
    },
  });
  const { room, failure } = chat;
  const { users: inChat } = usePresence(CHAT_ROOM);
  useEffect(() => {
    if (room.status === "error") onFailed(room.error);
  }, [room, onFailed]);
  useEffect(() => {
    if (failure) onFailed(failure);
  }, [failure, onFailed]);

  // What comes while one is at the chat is read.
  if (tab === "chat" && unread > 0) setUnread(0);

  const bar = { me, tab, onTab: goTo, unread, onLogOut };
  return (
    <>
      {tab === "board" ? (
        <BoardPage me={me} bar={bar} onFailed={onFailed} />
      ) : (
        <div className="page">
          <Bar {...bar} room={room} waiting={0}>
            <h1 className="visually-hidden">Chat</h1>
            <Here me={me} users={inChat} />
          </Bar>
          <ChatPage me={me} chat={chat} />
        </div>
      )}
      {toasts}
    </>
  );
}
