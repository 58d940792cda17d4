"""Where GraphQL meets the resolvers: the context of a request, inputs, and user errors."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, Self, TypeVar, cast

import strawberry
from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection
from strawberry import UNSET
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from core.access import Access, access_of
from core.actor import Actor
from core.errors import Code, DomainError
from core.inputs import problems_of
from schema.loaders import Loaders
from schema.serving.cost import ITEMS

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Any])

CALLS: Final = "calls"


async def _always() -> bool:
    return True


@dataclasses.dataclass(slots=True)
class Context:
    """One per request."""

    actor: Actor
    connection: HTTPConnection
    loaders: Loaders = dataclasses.field(default_factory=Loaders)
    still_valid: Callable[[], Awaitable[bool]] = _always
    """Asked now and then while a subscription runs."""

    def renewed(self) -> Self:
        """The same caller with empty loaders: each event of a subscription sees the data of its time."""
        return dataclasses.replace(self, loaders=Loaders())


Info = strawberry.Info[Context, None]

strawberry.enum(Code, name="UserErrorCode")


@strawberry.type(
    description="What a form can correct: the field that it is about (a path of names) and a sentence for a person."
)
class UserError:
    code: Code
    message: str
    field: list[str]


class Declare(Protocol):
    """A decorator that makes a method a field."""

    def __call__(self, method: F, /) -> F: ...


def query(resolver: Callable[..., Any]) -> Declare:
    """A field that calls the resolver, which checks access itself."""
    return cast(Declare, strawberry.field(metadata={CALLS: resolver}, description=_sentence(resolver)))


def mutation(resolver: Callable[..., Any]) -> Declare:
    """A field that calls the resolver; what a form can correct becomes the payload's `userErrors`."""
    declare = strawberry.mutation(
        metadata={CALLS: resolver}, description=_sentence(resolver), extensions=[UserErrors(access_of(resolver))]
    )
    return cast(Declare, declare)


def subscription(resolver: Callable[..., Any]) -> Declare:
    """A subscription that listens to what the resolver yields; access is checked before the first event."""
    return cast(Declare, strawberry.subscription(metadata={CALLS: resolver}, description=_sentence(resolver)))


def described(description: str) -> Declare:
    """A computed field of a type."""
    return cast(Declare, strawberry.field(description=description))


def listed(description: str, items: int) -> Declare:
    """A computed list of a type, of about so many items."""
    return cast(Declare, strawberry.field(description=description, metadata={ITEMS: items}))


def parse(model: type[M], data: Any) -> M:
    """The resolver's input model from a GraphQL input: the model has the rules."""
    return model.model_validate({} if data is None else given(data))


def given(value: Any) -> Any:
    """A GraphQL input as the client wrote it: camelCase, without what was left out."""
    if isinstance(value, strawberry.Some):
        return given(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            to_camel_case(field.name): given(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) is not UNSET and not _is_left_out(field, item)
        }
    if isinstance(value, list):
        return [given(item) for item in value]
    return value


def _is_left_out(field: dataclasses.Field[Any], item: Any) -> bool:
    """A `Maybe` that was not sent is None; one that was sent is wrapped in `Some`."""
    return item is None and field.default is None


class UserErrors(FieldExtension):
    """Access before anything else; then a failure that a form can correct is an answer, not an error."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def apply(self, field: StrawberryField) -> None:
        self._field = field

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **arguments: Any
    ) -> Any:
        self._access.check(info.context.actor)
        try:
            return await next_(source, info, **arguments)
        except ValidationError as error:
            return self._failed(_validation_errors(error))
        except DomainError as error:
            if not error.correctable:
                raise
            return self._failed([UserError(code=error.code, message=error.message, field=_path(error.field))])

    def _failed(self, errors: list[UserError]) -> Any:
        payload = cast(Callable[..., Any], self._field.type)
        return payload(user_errors=errors)


def _validation_errors(error: ValidationError) -> list[UserError]:
    return [
        UserError(code=Code.INVALID_INPUT, message=problem.message, field=_path(problem.field))
        for problem in problems_of(error.errors(include_url=False))
    ]


def _path(field: str | None) -> list[str]:
    return field.split(".") if field else []


def _sentence(resolver: Callable[..., Any]) -> str | None:
    """The first paragraph of the resolver's docstring describes the field."""
    return " ".join(resolver.__doc__.split("\n\n")[0].split()) if resolver.__doc__ else None
