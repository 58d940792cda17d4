import { useEffect, useRef, useState, type FormEvent } from "react";

import { AuthenticationError } from "../session/authentication";
import type { SessionStore } from "../session/session";
import icon from "../style/icon.svg";
import "./sign-in.css";

export function SignIn({ session }: { session: SessionStore }) {
  const [message, setMessage] = useState(session.notice);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);

  // After a failed attempt the password is what gets typed again. A disabled field takes no focus, so this waits
  // until the form is enabled.
  useEffect(() => {
    if (message && !busy && password.current?.value) {
      password.current.select();
    }
  }, [message, busy]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    setMessage(null);
    try {
      await session.signIn(String(fields.get("email")), String(fields.get("password")));
    } catch (error) {
      setBusy(false);
      setMessage(
        error instanceof AuthenticationError ? error.message : "Signing in failed. Reload the page and try again.",
      );
    }
  }

  return (
    <main className="sign-in">
      <form className="sign-in-box" onSubmit={submit} aria-labelledby="sign-in-title">
        <img src={icon} alt="" width="40" height="40" />
        <h1 id="sign-in-title">Sign in to GraphiQL</h1>
        <p className="sign-in-lead">All Over Apps, for staff. Your role decides what a query may see and change.</p>
        <fieldset disabled={busy}>
          <label htmlFor="email">E-mail</label>
          <input id="email" name="email" type="email" autoComplete="username" required autoFocus />
          <label htmlFor="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            ref={password}
          />
          <p className="sign-in-message" role="alert">
            {message}
          </p>
          <button type="submit">{busy ? "Signing in…" : "Sign in"}</button>
        </fieldset>
        <p className="sign-in-foot">
          Looking for REST? <a href="/docs">Open the REST reference</a>
        </p>
      </form>
    </main>
  );
}
