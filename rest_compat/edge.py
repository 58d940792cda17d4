"""Where REST meets the resolvers: who calls, what the envelopes look like, how errors are rendered."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from fastapi import Depends, FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import (
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
)
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException

from core.actor import Actor
from core.errors import DomainError
from core.inputs import Input, iso
from core.pages import DEFAULT_LIMIT, PAGE_LIMIT, Page, Slice, Sort, SortKey, pages_of
from rest_compat.rows import row_of

T = TypeVar("T")
W = TypeVar("W", bound="Wire")


Moment = Annotated[datetime, PlainSerializer(iso, return_type=str)]


class Wire(BaseModel):
    """A document as REST shows it."""

    model_config = ConfigDict(
        # Not for validation: documents are read by attribute, and an alias would be looked up first, in vain.
        alias_generator=AliasGenerator(serialization_alias=to_camel),
        from_attributes=True,
        serialize_by_alias=True,
    )

    @classmethod
    def of(cls, document: object) -> Self:
        return cls.model_validate(document)


class StoredWire(Wire):
    """`_id` and times, which every stored object shows."""

    id: Annotated[str, BeforeValidator(str), Field(serialization_alias="_id")]
    created_at: Moment
    updated_at: Moment


class Pagination(Wire):
    page: int
    limit: int
    total: int
    pages: int


class Data(Wire, Generic[T]):
    success: Literal[True] = True
    data: T


class DataMessage(Data[T], Generic[T]):
    message: str


class Message(Wire):
    success: Literal[True] = True
    message: str


class Paged(Wire, Generic[T]):
    success: Literal[True] = True
    data: list[T]
    pagination: Pagination


class Failure(Wire):
    success: Literal[False] = False
    error: str


class Listing(Input):
    """The query string of a list: `page`, `limit`, `sort` (a name, with `-` for descending), and the domain's
    filters."""

    sort_keys: ClassVar[type[SortKey]]

    page: int = Field(1, ge=1, le=1_000_000)
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=PAGE_LIMIT)
    sort: str = Field("-createdAt", max_length=60)

    @field_validator("sort")
    @classmethod
    def _is_sortable(cls, value: str) -> str:
        names = [key.value for key in cls.sort_keys]
        if value.removeprefix("-") not in names:
            raise ValueError(f"must be one of {', '.join(names)}, with - before it for descending")
        return value

    @property
    def window(self) -> Page:
        return Page(self.page, self.limit)

    @property
    def order(self) -> Sort:
        return self.sort_keys(self.sort.removeprefix("-")).order(descending=self.sort.startswith("-"))


async def page_of(wire: type[W], found: Slice[Any], window: Page) -> Paged[W]:
    """One page of the list, and how many there are."""
    rows = [row_of(wire)(item) for item in found.items]
    # Rows are what the wires would be as JSON, so nothing is built only to be taken apart again.
    return Paged.model_construct(data=cast(list[W], rows), pagination=await pagination_of(found, window))


async def pagination_of(found: Slice[Any], window: Page) -> Pagination:
    """How many there are; what came in one page needs no second query for that."""
    first_and_only = window.number == 1 and len(found.items) < window.limit
    total = len(found.items) if first_and_only else await found.count()
    return Pagination(page=window.number, limit=window.limit, total=total, pages=pages_of(total, window.limit))


def _from_credentials() -> Actor:
    """Tells FastAPI that the actor is no part of the request's documentation; `binding` passes it."""
    return Actor.anonymous()


CurrentActor = Annotated[Actor, Depends(_from_credentials)]
"""In a view's signature: who calls."""

AppId = Annotated[str, Path(alias="appId")]


def install_errors(app: FastAPI) -> None:
    @app.exception_handler(DomainError)
    async def domain(_: Request, error: DomainError) -> JSONResponse:
        return failure(error.message, error.status, error.headers)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return failure(str(error.detail), error.status_code, dict(error.headers or {}))


def failure(sentence: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"success": False, "error": sentence}, status, headers)
