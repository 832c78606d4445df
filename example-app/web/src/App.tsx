import { disconnectSync, getSyncStatus, initSync, onSyncSessionEnded, reconnectSync } from "sync-client";
import { useCallback, useEffect, useState } from "react";
import { type ApiAnswer, getSession, logOut, type User } from "./api";
import { messageFor } from "./messages";
import { offlineQueue, queueFor } from "./queue";
import { SignIn } from "./session/SignIn";
import { Notice } from "./ui/Notice";
import { Workspace } from "./Workspace";

type Session =
  | { state: "asking" }
  | { state: "failed"; message: string }
  | { state: "anonymous" }
  | { state: "user"; user: User };

export function App() {
  const [session, setSession] = useState<Session>({ state: "asking" });

  const take = useCallback((answer: ApiAnswer<{ user: User | null }>) => {
    if (answer.status === "success") queueFor(answer.body.user);
    if (answer.status === "error") {
      setSession({ state: "failed", message: messageFor(answer) });
    } else if (answer.body.user) {
      // A connection made before the login does not know of its cookie.
      if (getSyncStatus().status !== "idle") reconnectSync();
      setSession({ state: "user", user: answer.body.user });
    } else {
      disconnectSync();
      setSession({ state: "anonymous" });
    }
  }, []);

  const ask = useCallback(() => void getSession().then(take), [take]);
  // Logged out in another tab, perhaps: the server says so, and who is left asks who they are.
  useEffect(() => onSyncSessionEnded(ask), [ask]);
  useEffect(() => {
    let mounted = true;
    void getSession().then((answer) => mounted && take(answer));
    return () => {
      mounted = false;
    };
  }, [take]);

  // When the pages listen: an effect of theirs comes before this one. A session is in its rooms as soon as it is
  // connected, and what is said there before anybody listens, such as an answer so far, would be lost.
  useEffect(() => {
    if (session.state === "user") initSync({ offlineQueue });
  }, [session]);

  switch (session.state) {
    case "asking":
      return null;
    case "failed":
      return <Notice title="The board cannot be opened" text={session.message} onRetry={ask} />;
    case "anonymous":
      return <SignIn onSignedIn={(user) => take({ status: "success", body: { user } })} />;
    case "user":
      return (
        <Workspace
          key={session.user.id}
          me={session.user}
          onLogOut={() => void logOut().then(take)}
          onSessionLost={ask}
        />
      );
  }
}
