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

View = Callable[..., Awaitable[Response]]


class Shortcuts:
    """Behind a gate of their own, so that they are answered like all others; but nobody's credentials are read, and no
    calls are counted: a proxy may ask for thousands of people. A row has no parameter, or ends in one, with which its
    view is called, after the request."""

    def __init__(self, app: ASGIApp, rows: Iterable[Route]) -> None:
        self._app = app
        self._gate = Gate(_answer)
        self._whole: dict[str, Route] = {}
        self._with_parameter: dict[str, tuple[Route, str]] = {}
        for row in rows:
            if not row.access.public or row.method != "GET":
                raise ValueError(f"{row.path} is not for everybody to read")
            head, _, last = row.path.rpartition("/")
            if last.startswith("{"):
                self._with_parameter[head] = row, last.strip("{}")
            else:
                self._whole[row.path] = row

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_one = scope["type"] == "http" and scope["method"] in METHODS and self._finds(scope)
        await (self._gate if is_one else self._app)(scope, receive, send)

    def _finds(self, scope: Scope) -> bool:
        """Leaves the row in the scope, as a router would, and its parameter, by which the log knows what to leave
        out."""
        path: str = scope["path"].rstrip("/")
        head, _, last = path.rpartition("/")
        if found := self._with_parameter.get(head):
            scope["route"], name = found
            scope["path_params"] = {name: last}
            return True
        if row := self._whole.get(path):
            scope["route"], scope["path_params"] = row, {}
            return True
        return False


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    row: Route = scope["route"]
    try:
        response = await cast(View, row.view)(Request(scope), *scope["path_params"].values())
    except DomainError as error:
        response = failure(error.message, error.status, error.headers)
    await response(scope, receive, send)


def shortcuts(categories: Categories) -> list[Route]:
    """The rows that say so."""
    return [row for rows in categories.values() for row in rows if row.is_shortcut]
