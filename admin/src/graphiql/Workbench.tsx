import { GraphiQL } from "graphiql";
import { useEffect, useState } from "react";

import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./editor-workers";
import "./workbench.css";
import type { User } from "../session/authentication";
import type { SessionStore } from "../session/session";
import icon from "../style/icon.svg";
import { connect } from "./connection";
import { TOUR } from "./tour";

export default function Workbench({ session, user }: { session: SessionStore; user: User }) {
  const [connection] = useState(() => connect(session));
  useEffect(() => connection.close, [connection]);

  return (
    <div className="workbench">
      <header className="bar">
        <img className="bar-icon" src={icon} alt="" width="22" height="22" />
        <h1 className="bar-title">GraphiQL</h1>
        <nav className="bar-links" aria-label="Other interfaces">
          <a href="/docs">REST reference</a>
        </nav>
        <p className="signed-in">
          <span className="signed-in-as">signed in as</span> <strong title={user.name}>{user.email}</strong>
          <span className="role">{user.role}</span>
        </p>
        <button className="sign-out" type="button" onClick={() => session.signOut()}>
          Sign out
        </button>
      </header>
      <GraphiQL
        fetcher={connection.fetcher}
        defaultQuery={TOUR}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
      </GraphiQL>
    </div>
  );
}
