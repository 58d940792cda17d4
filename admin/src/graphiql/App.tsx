import { lazy, Suspense, useSyncExternalStore } from "react";

import "./app.css";
import type { SessionStore } from "../session/session";
import { Failure } from "./Failure";
import { SignIn } from "./SignIn";

// The editor is large: it is on its way while the person types a password.
const loading = import("./Workbench");
const Workbench = lazy(() => loading);

export function App({ session }: { session: SessionStore }) {
  const current = useSyncExternalStore(session.subscribe, session.current);
  if (!current) {
    return <SignIn session={session} />;
  }
  return (
    <Failure>
      <Suspense fallback={<p className="notice">Loading the editor…</p>}>
        <Workbench key={current.user.id} session={session} user={current.user} />
      </Suspense>
    </Failure>
  );
}
