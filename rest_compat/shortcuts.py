"""Rows that are asked for so often that they are answered before the router looks for them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import DomainError
from rest_compat.edge import failure
from rest_compat.routing import Categories, Route

METHODS: Final = frozenset({"GET", "HEAD"})

View = Callable[[Request, str], Awaitable[Response]]


class Shortcuts:
    """Nobody's credentials are read, and no calls are counted: a proxy may ask for thousands of people. Each row ends
    in one parameter, with which its view is called, after the request."""

    def __init__(self, app: ASGIApp, rows: Iterable[Route]) -> None:
        self._app = app
        self._views: dict[str, tuple[View, str]] = {}
        for row in rows:
            if not row.access.public or row.method != "GET":
                raise ValueError(f"{row.path} is not for everybody to read")
            head, _, parameter = row.path.rpartition("/")
            self._views[head] = (cast(View, row.view), parameter.strip("{}"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in METHODS:
            head, _, value = scope["path"].rpartition("/")
            if head in self._views:
                view, parameter = self._views[head]
                # By which the log knows what to leave out.
                scope["path_params"] = {parameter: value}
                response = await _answer(view, scope, value)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def shortcuts(categories: Categories) -> list[Route]:
    """The rows that say so."""
    return [row for rows in categories.values() for row in rows if row.is_shortcut]


async def _answer(view: View, scope: Scope, value: str) -> Response:
    try:
        return await view(Request(scope), value)
    except DomainError as error:
        return failure(error.message, error.status, error.headers)
