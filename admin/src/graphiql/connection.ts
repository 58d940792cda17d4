import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

import type { SessionStore } from "../session/session";

const ENDPOINT = "/graphql";

export interface Connection {
  fetcher: Fetcher;
  /** Closes the socket of running subscriptions. */
  close: () => void;
}

/** Queries and mutations by POST, subscriptions by graphql-transport-ws, both with the token of the session. */
export function connect(session: SessionStore): Connection {
  const socket = createClient({
    url: new URL(ENDPOINT, location.href).href.replace(/^http/, "ws"),
    lazy: true,
    connectionParams: async () => ({ Authorization: `Bearer ${await session.token()}` }),
  });
  const fetcher = createGraphiQLFetcher({
    url: ENDPOINT,
    fetch: (input, init) => fetchAuthorized(session, input, init),
    wsClient: socket,
    // With it the toolkit asks for multipart answers, which the server does not give.
    enableIncrementalDelivery: false,
  });
  return { fetcher, close: () => void socket.dispose() };
}

async function fetchAuthorized(session: SessionStore, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  // A token typed into the Headers tab is tried instead, for example that of an app's backend.
  const ownCredentials = headers.has("Authorization") || headers.has("X-API-Key");
  if (!ownCredentials) {
    headers.set("Authorization", `Bearer ${await session.token()}`);
  }
  headers.set("Accept", "application/graphql-response+json, application/json");
  let response: Response;
  try {
    response = await fetch(input, { ...init, headers, credentials: "omit" });
  } catch {
    return failure("The server does not answer. Check that it is running, then try again.");
  }
  if (response.status === 401 && !ownCredentials) {
    session.signOut("Your session has ended. Sign in again.");
  }
  if (!response.headers.get("Content-Type")?.includes("json")) {
    return failure(`The server answered with status ${response.status} and no GraphQL response.`);
  }
  return response;
}

/** An answer of the shape that the server would have given: of an exception, GraphiQL shows the stack as well. */
function failure(message: string): Response {
  return Response.json({ errors: [{ message }] });
}
