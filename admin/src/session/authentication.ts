/** The two REST operations that the sign-in form and the session live on: POST /auth/login and POST /auth/refresh. */

export interface User {
  id: string;
  email: string;
  name: string;
  role: string;
}

export interface Grant {
  token: string;
  user: User;
}

/** Why no token was granted, in a sentence for the person at the screen. */
export class AuthenticationError extends Error {
  constructor(
    message: string,
    /** True when the server looked at the credentials and refused them; false when it could not answer. */
    readonly refused: boolean,
  ) {
    super(message);
    this.name = "AuthenticationError";
  }
}

const ANSWER_TIMEOUT_MS = 15_000;

/** @throws AuthenticationError */
export function logIn(email: string, password: string): Promise<Grant> {
  return requestGrant("/auth/login", {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
}

/** Swaps a token that is still valid for a new one. @throws AuthenticationError */
export function refreshToken(token: string): Promise<Grant> {
  return requestGrant("/auth/refresh", { headers: { Authorization: `Bearer ${token}` } });
}

async function requestGrant(path: string, request: { headers: Record<string, string>; body?: string }): Promise<Grant> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...request,
      method: "POST",
      credentials: "omit",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
  } catch {
    throw new AuthenticationError("The server does not answer. Check that it is running, then try again.", false);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    throw refusal(response, answer);
  }
  if (!isGrant(answer)) {
    throw new AuthenticationError(`The server answered ${path} with something that is not a token.`, false);
  }
  return { token: answer.token, user: answer.user };
}

function refusal(response: Response, answer: unknown): AuthenticationError {
  switch (response.status) {
    case 401:
      return new AuthenticationError("This e-mail address and password do not match an active account.", true);
    case 429:
      return new AuthenticationError(`Too many attempts. Try again ${whenToRetry(response)}.`, false);
  }
  if (response.status >= 500) {
    return new AuthenticationError(`The server failed (${response.status}). Try again in a moment.`, false);
  }
  const reason = isRecord(answer) && typeof answer.error === "string" ? answer.error : `Status ${response.status}`;
  return new AuthenticationError(`The server refused: ${reason}`, true);
}

/** Retry-After is a number of seconds or a date (RFC 9110, section 10.2.3). */
function whenToRetry(response: Response): string {
  const header = response.headers.get("Retry-After") ?? "";
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  if (!(seconds > 0)) {
    return "later";
  }
  if (seconds < 90) {
    return `in ${counted(Math.ceil(seconds), "second")}`;
  }
  return `in ${counted(Math.ceil(seconds / 60), "minute")}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isGrant(answer: unknown): answer is Grant {
  return (
    isRecord(answer) &&
    typeof answer.token === "string" &&
    isRecord(answer.user) &&
    typeof answer.user.email === "string"
  );
}
