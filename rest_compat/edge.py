"""Where REST meets the resolvers: who calls, what the envelopes look like, how errors are rendered."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
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

from core.access import Access
from core.actor import Actor
from core.errors import DomainError
from core.inputs import Input, iso, problems_of
from core.pages import DEFAULT_LIMIT, PAGE_LIMIT, Page, Slice, Sort, SortKey, pages_of
from resolvers.authentication import actor_of
from resolvers.idempotency import Answer, once

T = TypeVar("T")
W = TypeVar("W", bound="Wire")

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


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


async def paged(wire_of: Callable[[T], W], found: Slice[T], window: Page) -> Paged[W]:
    """One page and how many there are; what came in one page needs no second query for that."""
    first_and_only = window.number == 1 and len(found.items) < window.limit
    total = len(found.items) if first_and_only else await found.count()
    return Paged(
        data=[wire_of(item) for item in found.items],
        pagination=Pagination(page=window.number, limit=window.limit, total=total, pages=pages_of(total, window.limit)),
    )


async def current_actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def guarded(access: Access) -> type[APIRoute]:
    """A route that knows who calls, and whether they may, before it reads anything they sent."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def checked(request: Request) -> Response:
                actor = await actor_of(request)
                access.check(actor)
                request.state.actor = actor
                key = request.headers.get("idempotency-key") if request.method in WRITES else None
                return await handle(request) if key is None else await _once(actor, key, request, handle)

            return checked

    return Guarded


async def _once(actor: Actor, key: str, request: Request, handle: Handler) -> Response:
    async def work() -> Answer:
        response = await handle(request)
        return Answer(response.status_code, response.headers.get("content-type", ""), bytes(response.body))

    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    answer = await once(actor, key, asked, work)
    return Response(answer.body, answer.status, headers={"content-type": answer.media_type})


def install_errors(app: FastAPI) -> None:
    @app.exception_handler(DomainError)
    async def domain(_: Request, error: DomainError) -> JSONResponse:
        return failure(error.message, error.status, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        if any(detail["type"] == "json_invalid" for detail in error.errors()):
            return failure("The body is not valid JSON", 400)
        details = [detail | {"loc": detail["loc"][1:]} for detail in error.errors()]
        sentences = [f"{p.field}: {p.message}" if p.field else p.message for p in problems_of(details)]
        return failure("; ".join(sentences[:5]), 400)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return failure(str(error.detail), error.status_code, dict(error.headers or {}))


def failure(sentence: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"success": False, "error": sentence}, status, headers)
