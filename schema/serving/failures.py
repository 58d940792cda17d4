"""How errors of GraphQL are shown: expected ones as they are, anything else logged once with an id, and masked."""

import secrets
from collections.abc import Iterable
from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLFormattedError
from pydantic import ValidationError

from core.errors import INTERNAL, DomainError
from core.inputs import invalid_input

INVALID_QUERY: Final = "INVALID_QUERY"

log = structlog.get_logger()


class Refused(Exception):
    """The request is answered by `errors` without being executed.

    `code` is that of errors that have none, `cost` the operation's, where it got that far, and `status` the HTTP status
    where the media type doesn't decide it.
    """

    def __init__(
        self,
        errors: list[GraphQLError],
        *,
        code: str = INVALID_QUERY,
        cost: int | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.code = code
        self.cost = cost
        self.status = status
        self.headers = headers or {}


def refusal(message: str, code: str = INVALID_QUERY, **answer: Any) -> Refused:
    """One error about the request itself."""
    return Refused([GraphQLError(message)], code=code, **answer)


def refusal_of(error: Exception) -> Refused:
    """What ends the whole request: a domain error is shown, anything else masked."""
    if isinstance(error, ValidationError):
        error = invalid_input(error)
    if isinstance(error, DomainError):
        errors = [GraphQLError(error.message, extensions=error.extensions)]
        return Refused(errors, status=error.status, headers=error.headers)
    return refusal(_internal(_logged(error)), INTERNAL, status=500)


def shown(errors: Iterable[GraphQLError], default_code: str) -> list[GraphQLFormattedError]:
    """The errors of one answer as the client gets them. `default_code` is for graphql-core's own, which have none.

    One exception may be behind many errors (a batch that failed): it is logged once and has one id.
    """
    ids: dict[int, str] = {}
    return [_shown(error, ids, default_code) for error in errors]


def _shown(error: GraphQLError, ids: dict[int, str], default_code: str) -> GraphQLFormattedError:
    cause, formatted = error.original_error, error.formatted
    if error.path is None or cause is None or isinstance(cause, GraphQLError):
        formatted["extensions"] = {"code": default_code} | (error.extensions or {})
    elif isinstance(cause, ValidationError):
        invalid = invalid_input(cause)
        formatted["message"], formatted["extensions"] = invalid.message, invalid.extensions
    elif not isinstance(cause, DomainError):
        identity = ids.get(id(cause)) or _logged(cause, path=error.path)
        ids[id(cause)] = identity
        formatted["message"], formatted["extensions"] = _internal(identity), {"code": INTERNAL}
    return formatted


def _logged(error: BaseException, **facts: Any) -> str:
    """Logs what nobody expected and returns the id that the client is given instead."""
    identity = secrets.token_hex(6)
    log.error("graphql.failed", error_id=identity, exc_info=error, **facts)
    return identity


def _internal(identity: str) -> str:
    return f"Internal error (id {identity})"
