"""Logging in, in GraphQL."""

import strawberry

from resolvers import auth
from resolvers.auth import LogIn, PasswordHash, Session
from schema.edge import Info, UserError, mutation, parse, query
from schema.users import User, UserPayload, user


@strawberry.input
class LogInInput:
    email: str
    password: str


@strawberry.input
class PasswordHashInput:
    password: str


@strawberry.type
class SessionPayload:
    token: str | None = None
    user: User | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)

    @classmethod
    def of(cls, session: Session) -> "SessionPayload":
        return cls(token=session.token, user=user(session.user))


@strawberry.type
class PasswordHashPayload:
    hash: str | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AuthQueries:
    @query(auth.current_user)
    async def me(self, info: Info) -> User:
        return user(await auth.current_user(info.context.actor))


@strawberry.type
class AuthMutations:
    @mutation(auth.log_in)
    async def log_in(self, info: Info, input: LogInInput) -> SessionPayload:
        client = info.context.connection.client
        session = await auth.log_in(info.context.actor, parse(LogIn, input), client=client.host if client else "")
        return SessionPayload.of(session)

    @mutation(auth.refresh_token)
    async def token_refresh(self, info: Info) -> SessionPayload:
        return SessionPayload.of(await auth.refresh_token(info.context.actor))

    @mutation(auth.sign_out_everywhere)
    async def sign_out_everywhere(self, info: Info) -> UserPayload:
        return UserPayload(user=user(await auth.sign_out_everywhere(info.context.actor)))

    @mutation(auth.hash_password)
    async def password_hash(self, info: Info, input: PasswordHashInput) -> PasswordHashPayload:
        return PasswordHashPayload(hash=await auth.hash_password(info.context.actor, parse(PasswordHash, input)))
