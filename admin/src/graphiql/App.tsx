import { lazy, Suspense, useSyncExternalStore } from "react";

import type { SessionStore } from "../session/session";
import { SignIn } from "./SignIn";

// The editor is large: it is on its way while the person types a password.
const workbench = import("./Workbench");
const Workbench = lazy(() => workbench);

export function App({ session }: { session: SessionStore }) {
  const current = useSyncExternalStore(session.subscribe, session.current);
  if (!current) {
    return <SignIn session={session} />;
  }
  return (
    <Suspense fallback={<p className="loading">Loading the editor…</p>}>
      <Workbench key={current.user.id} session={session} user={current.user} />
    </Suspense>
  );
}
