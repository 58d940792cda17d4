"""The rows of `routes.py` as OpenAPI: FastAPI describes each from its view's signature and the row, and serves none."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from rest_compat.binding import body_model_of
from rest_compat.contract import tags
from rest_compat.edge import Failure
from rest_compat.routing import HTML, MEANINGS, WRITES, Categories, Route, in_order

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
SIGNED_BODY: Final = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
SIGNED_ANYHOW: Final = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "object"}},
        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        "multipart/form-data": {"schema": {"type": "object"}},
        "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
    },
}


def openapi_of(categories: Categories, title: str, version: str) -> dict[str, Any]:
    """With our security schemes, and no 422: bad input is a 400 here."""
    routes = [_described(category, route) for category, route in in_order(categories)]
    document = get_openapi(title=title, version=version, routes=routes, tags=tags(categories))
    document.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
    for operation in _operations(document):
        operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"].get("schemas", {}).pop(unused, None)
    return document


def _described(category: str, route: Route) -> APIRoute:
    schemes = route.access.schemes
    without: list[dict[str, Any]] = [{}] if schemes and route.access.public else []
    extra: dict[str, Any] = {"security": [*without, *({scheme: []} for scheme in schemes)]}
    if route.uploads:
        extra["requestBody"] = route.uploads.documented(body_model_of(route.view))
    if route.signed_by:
        extra["parameters"] = [_signed_header(name, required=route.admit is None) for name in route.signed_by]
        extra["requestBody"] = SIGNED_BODY if route.admit is None else SIGNED_ANYHOW
    elif route.method in WRITES:
        extra["parameters"] = [IDEMPOTENCY_KEY]
    return APIRoute(
        route.path.rstrip("/"),
        route.view,
        methods=[route.method],
        tags=[category],
        summary=route.summary,
        operation_id=f"{route.view.__module__.rsplit('.', 1)[-1]}_{route.view.__name__}",
        status_code=route.status,
        response_class=JSONResponse if route.returns else Response,
        response_model=route.returns,
        responses=_responses(route),
        openapi_extra=extra,
    )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    """Besides the model of a success."""
    documented: dict[int | str, dict[str, Any]] = {
        status: {"description": MEANINGS[status]} | (_text(HTML) if status in route.pages else {"model": Failure})
        for status in route.failures
    }
    return documented | ({} if route.returns else {route.status: _text(route.media_type)})


def _text(media_type: str) -> dict[str, Any]:
    """A body that no model describes."""
    return {"content": {media_type: {"schema": {"type": "string"}}}}


def _signed_header(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for item in document["paths"].values() for operation in item.values())
