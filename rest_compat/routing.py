"""From the rows of `routes.py` to served paths and their OpenAPI description."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from pydantic import BaseModel

from core.access import Access, access_of
from rest_compat.edge import WRITES, Failure, guarded

View = Callable[..., Coroutine[Any, Any, BaseModel | Response]]

SECURITY_SCHEMES: Final = {
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request give the same answer for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
MEANINGS: Final = {
    400: "What was sent is not valid; the sentence names the field",
    401: "No credential, or one that is not valid (any more)",
    403: "The credential may not do this",
    404: "There is no such object for this caller",
    409: "It conflicts with what is there",
    410: "It was there, and is gone",
    413: "The body is too large",
    429: "Too many requests; Retry-After says when to come back",
    500: "The server failed; the sentence carries an id to report",
    503: "The server can't answer now",
}


@dataclass(frozen=True)
class Route:
    """A documented path: the view that translates, the resolver that it calls, and what a success looks like.

    Who may call, and so the security in OpenAPI, is what the resolver declares.
    """

    method: str
    path: str
    view: View
    calls: Callable[..., Any]
    returns: type[BaseModel] | None
    status: int = 200
    errors: tuple[int, ...] = ()

    @property
    def access(self) -> Access:
        return access_of(self.calls)

    @property
    def summary(self) -> str:
        """The first sentence of the view's docstring."""
        return (self.view.__doc__ or "").strip().split("\n")[0].rstrip(".")

    @property
    def failures(self) -> list[int]:
        """The statuses that it may fail with: those that follow from what it is, and its own."""
        statuses = {400, 429, 500, *self.errors}
        if self.access.schemes:
            statuses |= {401, 403}
        if "{" in self.path:
            statuses.add(404)
        if self.method in WRITES:
            statuses |= {409, 413}
        return sorted(statuses)


Categories = dict[str, list[Route]]


def by_specificity(route: Route) -> tuple[int, list[bool]]:
    """Literal segments before parameters, so that `/{appId}/shops/stats` is never taken for a shop's id."""
    segments = route.path.strip("/").split("/")
    return len(segments), [segment.startswith("{") for segment in segments]


def router(categories: Categories) -> APIRouter:
    """Serves all rows. Paths are registered without a trailing slash, which the gate takes off every request."""
    api = APIRouter(redirect_slashes=False)
    rows = [(category, route) for category, routes in categories.items() for route in routes]
    for category, route in sorted(rows, key=lambda row: by_specificity(row[1])):
        extra: dict[str, Any] = {"security": [{scheme: []} for scheme in route.access.schemes]}
        if route.method in WRITES:
            extra["parameters"] = [IDEMPOTENCY_KEY]
        api.add_api_route(
            route.path.rstrip("/"),
            _rendered(route),
            methods=[route.method],
            tags=[category],
            summary=route.summary,
            operation_id=_operation_id(route),
            status_code=route.status,
            response_model=route.returns,
            responses={s: {"model": Failure, "description": MEANINGS[s]} for s in route.failures},
            openapi_extra=extra,
            route_class_override=guarded(route.access),
        )
    return api


def _operation_id(route: Route) -> str:
    return f"{route.view.__module__.rsplit('.', 1)[-1]}_{route.view.__name__}"


def _rendered(route: Route) -> Callable[..., Coroutine[Any, Any, Response]]:
    """The view, answering in JSON bytes: its model is what is documented, and is validated once, not twice."""

    @wraps(route.view)
    async def endpoint(*args: Any, **kwargs: Any) -> Response:
        answer = await route.view(*args, **kwargs)
        if isinstance(answer, Response):
            return answer
        body = answer.__pydantic_serializer__.to_json(answer, by_alias=True)
        return Response(body, route.status, media_type="application/json")

    endpoint.__annotations__["return"] = Response
    return endpoint


def install_openapi(app: FastAPI) -> None:
    """Our security schemes, and no 422: bad input is a 400 here."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            document.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
            for operation in _operations(document):
                operation["responses"].pop("422", None)
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"].get("schemas", {}).pop(unused, None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for item in document["paths"].values() for operation in item.values())
