"""Rows that are asked for so often that they are answered before the framework looks at them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import DomainError
from core.web import Gate
from rest_compat.edge import failure
from rest_compat.routing import Categories, Route

METHODS: Final = frozenset({"GET", "HEAD"})

View = Callable[[Request, str], Awaitable[Response]]


class Shortcuts:
    """Behind a gate of their own, so that they are answered like all others; but nobody's credentials are read, and no
    calls are counted: a proxy may ask for thousands of people. Each row ends in one parameter, with which its view is
    called, after the request."""

    def __init__(self, app: ASGIApp, rows: Iterable[Route]) -> None:
        self._app = app
        self._gate = Gate(self._answer)
        self._views: dict[str, tuple[View, str]] = {}
        for row in rows:
            if not row.access.public or row.method != "GET":
                raise ValueError(f"{row.path} is not for everybody to read")
            head, _, parameter = row.path.rpartition("/")
            self._views[head] = (cast(View, row.view), parameter.strip("{}"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_one = scope["type"] == "http" and scope["method"] in METHODS and _parts(scope)[0] in self._views
        await (self._gate if is_one else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        head, value = _parts(scope)
        view, parameter = self._views[head]
        # By which the log knows what to leave out.
        scope["path_params"] = {parameter: value}
        try:
            response = await view(Request(scope), value)
        except DomainError as error:
            response = failure(error.message, error.status, error.headers)
        await response(scope, receive, send)


def _parts(scope: Scope) -> tuple[str, str]:
    """What comes before the last segment of the path, and that segment."""
    path: str = scope["path"]
    head, _, last = path.rstrip("/").rpartition("/")
    return head, last


def shortcuts(categories: Categories) -> list[Route]:
    """The rows that say so."""
    return [row for rows in categories.values() for row in rows if row.is_shortcut]
