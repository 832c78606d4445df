import { type FormEvent, useId, useState } from "react";
import { logIn, register, type User } from "../api";
import { messageFor } from "../messages";
import { testIds } from "../test-ids";

/** Logging in, and making an account. */
export function SignIn({ onSignedIn }: { onSignedIn: (user: User) => void }) {
  const [isNew, setIsNew] = useState(false);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    const answer = await (isNew ? register : logIn)(name.trim(), password);
    setBusy(false);
    if (answer.status === "error") setError(messageFor(answer));
    else if (answer.body.user) onSignedIn(answer.body.user);
  }

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{isNew ? "Make an account" : "Welcome back"}</h1>
        <p className="muted">
          {isNew
            ? "One board for everybody here: cards move as you watch."
            : "Log in to see the board and who is at it."}
        </p>
        <form onSubmit={(event) => void submit(event)} data-testid={testIds.signInForm}>
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            data-testid={testIds.signInName}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={32}
            required
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <label htmlFor={`${id}-password`}>Password</label>
          <input
            id={`${id}-password`}
            data-testid={testIds.signInPassword}
            name="password"
            type="password"
            autoComplete={isNew ? "new-password" : "current-password"}
            minLength={isNew ? 8 : undefined}
            maxLength={128}
            required
            aria-describedby={isNew ? `${id}-rule` : undefined}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {isNew && (
            <p className="hint" id={`${id}-rule`}>
              At least 8 characters.
            </p>
          )}
          {error && (
            <p className="form-error" role="alert" data-testid={testIds.signInError}>
              {error}
            </p>
          )}
          <button
            type="submit"
            className="button primary wide"
            data-testid={testIds.signInSubmit}
            aria-busy={busy}
          >
            {busy ? "One moment…" : isNew ? "Make account" : "Log in"}
          </button>
        </form>
        <p className="switch">
          {isNew ? "Been here before?" : "New here?"}{" "}
          <button
            type="button"
            className="link"
            data-testid={testIds.signInSwitch}
            onClick={() => {
              setIsNew(!isNew);
              setError(null);
            }}
          >
            {isNew ? "Log in" : "Make an account"}
          </button>
        </p>
      </div>
    </main>
  );
}
