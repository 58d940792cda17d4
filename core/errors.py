"""How an operation fails, and how a start does. Both edges render what operations raise; anything else is a bug, logged
and masked."""

from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

from pydantic import ValidationError

T = TypeVar("T")

INTERNAL: Final = "INTERNAL"
"""What an error is called that nobody expected."""


class SettingsError(Exception):
    """The configuration does not allow a start; the message names each variable and what to do."""


class Code(StrEnum):
    INVALID_INPUT = "INVALID_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    GONE = "GONE"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"


class DomainError(Exception):
    """An expected failure: `message` is a sentence that a person can act on, `field` the input it is about
    (camelCase, dotted)."""

    code: ClassVar[Code]
    status: ClassVar[int]
    correctable: ClassVar[bool] = False
    """True where a form can correct it: GraphQL mutations return it as a user error."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def extensions(self) -> dict[str, Any]:
        """graphql-core copies this onto the GraphQL error."""
        return {"code": self.code.value} | ({"field": self.field} if self.field else {})

    @property
    def headers(self) -> dict[str, str]:
        return {}


class InvalidInput(DomainError):
    code, status, correctable = Code.INVALID_INPUT, 400, True


class Unauthenticated(DomainError):
    code, status = Code.UNAUTHENTICATED, 401

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(DomainError):
    code, status = Code.FORBIDDEN, 403


class NotFound(DomainError):
    code, status, correctable = Code.NOT_FOUND, 404, True


class Conflict(DomainError):
    code, status, correctable = Code.CONFLICT, 409, True


class Gone(DomainError):
    """It was there, and is not for anybody any more."""

    code, status = Code.GONE, 410


class RateLimited(DomainError):
    """`retry_after` is in whole seconds."""

    code, status = Code.RATE_LIMITED, 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = max(1, retry_after)

    @property
    def extensions(self) -> dict[str, Any]:
        return super().extensions | {"retryAfter": self.retry_after}

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class Unavailable(DomainError):
    code, status = Code.UNAVAILABLE, 503


def code_of(error: Exception) -> str:
    """What clients are told that it is."""
    if isinstance(error, DomainError):
        return error.code.value
    return Code.INVALID_INPUT.value if isinstance(error, ValidationError) else INTERNAL


def found(document: T | None, what: str) -> T:
    """The document; raises `NotFound` where there is none."""
    if document is None:
        raise NotFound(f"{what} not found")
    return document
