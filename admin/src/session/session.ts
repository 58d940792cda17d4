import { AuthenticationError, logIn, refreshToken, type Grant, type User } from "./authentication";

export interface Session {
  token: string;
  user: User;
  /** By this browser's clock, in milliseconds since the epoch. */
  grantedAt: number;
  expiresAt: number;
}

const STORAGE_KEY = "all-over-apps.session";
/** A token is swapped when this much of its life is over. */
const REFRESH_AFTER = 0.75;
const RETRY_REFRESH_MS = 15_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Who is signed in, in this tab alone: the token is held in memory and in sessionStorage, and travels in a header,
 * never in a cookie. It is swapped for a new one before it expires, for as long as the tab is open.
 */
export class SessionStore {
  #session: Session | null = restore();
  #notice: string | null = null;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshing: Promise<void> | null = null;

  constructor() {
    this.#schedule();
  }

  /** Stable references, as `useSyncExternalStore` asks for. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): Session | null => this.#session;

  /** Why the last session ended, when it was not the person who ended it. */
  readonly notice = (): string | null => this.#notice;

  /** @throws AuthenticationError */
  async signIn(email: string, password: string): Promise<void> {
    this.#replace(toSession(await logIn(email, password)), null);
  }

  signOut(notice: string | null = null): void {
    this.#replace(null, notice);
  }

  /**
   * A token that is good for the next request, refreshed first where its time has come.
   * @throws Error when nobody is signed in
   */
  async token(): Promise<string> {
    if (this.#session && Date.now() >= refreshTime(this.#session)) {
      await this.#refresh();
    }
    if (!this.#session) {
      throw new Error("You are signed out.");
    }
    return this.#session.token;
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#swapToken().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #swapToken(): Promise<void> {
    const before = this.#session;
    if (!before) {
      return;
    }
    try {
      const grant = await refreshToken(before.token);
      // Signed out, or in as somebody else, while the answer was on its way.
      if (this.#session === before) {
        this.#replace(toSession(grant), null);
      }
    } catch (error) {
      const ended = (error instanceof AuthenticationError && error.refused) || Date.now() >= before.expiresAt;
      if (this.#session === before && ended) {
        this.signOut("Your session has ended. Sign in again.");
      } else {
        this.#schedule();
      }
    }
  }

  #replace(session: Session | null, notice: string | null): void {
    this.#session = session;
    this.#notice = notice;
    if (session) {
      sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
    } else {
      sessionStorage.removeItem(STORAGE_KEY);
    }
    this.#schedule();
    this.#listeners.forEach((listener) => listener());
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#session) {
      const overdue = Date.now() >= refreshTime(this.#session);
      const delay = overdue ? RETRY_REFRESH_MS : refreshTime(this.#session) - Date.now();
      this.#timer = setTimeout(() => void this.#refresh(), Math.min(delay, LONGEST_TIMER_MS));
    }
  }
}

function refreshTime(session: Session): number {
  return session.grantedAt + (session.expiresAt - session.grantedAt) * REFRESH_AFTER;
}

function toSession({ token, user }: Grant): Session {
  const grantedAt = Date.now();
  return { token, user, grantedAt, expiresAt: grantedAt + lifetime(token) };
}

/** Milliseconds from `iat` to `exp` (RFC 7519): the difference is right even where this computer's clock is not. */
function lifetime(token: string): number {
  const payload = token.split(".")[1] ?? "";
  const claims: { iat?: number; exp?: number } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  if (!claims.exp || !claims.iat) {
    throw new AuthenticationError("The server answered with a token that does not say how long it is valid.", false);
  }
  return (claims.exp - claims.iat) * 1000;
}

function restore(): Session | null {
  const stored = sessionStorage.getItem(STORAGE_KEY);
  const session: Session | null = stored ? JSON.parse(stored) : null;
  return session && session.expiresAt > Date.now() ? session : null;
}
