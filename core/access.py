"""Who may call an operation, declared once, on the operation.

`@allow(SUPPORT, api_key="tickets:write", end_user=True)` is all there is to say: both edges read it for their
early check and for their documentation, and the decorated function checks it again whoever calls.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast

from core.actor import Actor, Kind, Role
from core.errors import DomainError, Forbidden, Unauthenticated, code_of
from core.measurements import count_failure
from core.tracing import is_tracing, span

OWNERS: Final = frozenset({Role.OWNER})
ADMINS: Final = OWNERS | {Role.ADMIN}
SUPPORT: Final = ADMINS | {Role.SUPPORT}
MARKETING: Final = ADMINS | {Role.MARKETING}
STAFF: Final = frozenset(Role)
NOBODY: Final[frozenset[Role]] = frozenset()
FAILED_IN: Final = "allover_failed_in"
"""The attribute of an error that says in which operation it happened."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Access:
    """`api_key` is the scope that lets an app's backend in; `public` lets everybody in, with or without a key."""

    roles: frozenset[Role] = NOBODY
    api_key: str | None = None
    end_user: bool = False
    public: bool = False

    @property
    def schemes(self) -> tuple[str, ...]:
        """The credentials that may open it, by their names in OpenAPI; empty means that none is of any use."""
        return (*(["jwt"] if self.roles or self.end_user else []), *(["apiKey"] if self.api_key else []))

    def admits(self, actor: Actor) -> bool:
        """What `check` would say, for lists of what somebody can do."""
        try:
            self.check(actor)
        except DomainError:
            return False
        return True

    def check(self, actor: Actor) -> None:
        """Raises `Unauthenticated` for nobody, `Forbidden` for somebody who may not."""
        if self.public or actor.kind is Kind.SYSTEM:
            return
        match actor.kind:
            case Kind.ANONYMOUS:
                raise Unauthenticated("Authentication required")
            case Kind.STAFF if actor.role not in self.roles:
                raise Forbidden(f"The role {actor.role} may not do this")
            case Kind.API_KEY if self.api_key is None:
                raise Forbidden("An API key may not do this")
            case Kind.API_KEY if self.api_key not in actor.scopes:
                raise Forbidden(f"This API key lacks the scope {self.api_key}")
            case Kind.END_USER if not self.end_user:
                raise Forbidden("End users may not do this")

    def lets_in(self, actor: Actor) -> bool:
        """For what is shown along with something else, where the actor may see it."""
        try:
            self.check(actor)
        except (Unauthenticated, Forbidden):
            return False
        return True


PUBLIC: Final = Access(public=True)

Operation = Callable[Concatenate[Actor, P], Awaitable[R]]


class Guarded(Protocol):
    __access__: Access
    __name__: str


def allow(
    roles: frozenset[Role] = NOBODY, *, api_key: str | None = None, end_user: bool = False
) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Declares who may call the operation, whose first parameter is the actor."""
    return _guard(Access(roles, api_key, end_user))


def _guard(access: Access) -> Callable[[Operation[P, R]], Operation[P, R]]:
    def declare(operation: Operation[P, R]) -> Operation[P, R]:
        name = f"{operation.__module__.rpartition('.')[2]}.{operation.__name__}"

        @wraps(operation)
        async def guarded(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                access.check(actor)
                if is_tracing():
                    with span(name):
                        return await operation(actor, *args, **kwargs)
                return await operation(actor, *args, **kwargs)
            except Exception as error:
                _count(name, error)
                raise

        cast(Guarded, guarded).__access__ = access
        return guarded

    return declare


def _count(operation: str, error: Exception) -> None:
    """Once, of the operation in which it happened: those that called it see it too."""
    if vars(error).setdefault(FAILED_IN, operation) is operation:
        count_failure(operation, code_of(error))


allow_all = _guard(PUBLIC)
"""Declares an operation that needs no credential."""


def allow_all_or_key(api_key: str) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Declares an operation that needs no credential, and accepts an API key: what it is called with is the credential
    itself."""
    return _guard(Access(api_key=api_key, public=True))


def access_of(operation: Callable[..., Any]) -> Access:
    return cast(Guarded, operation).__access__
