"""The rows that the tests walk: those of the categories that are served. A category is served as a whole, but for what
is named here."""

from collections.abc import Mapping
from typing import Final

from rest_compat.contract import Category, Endpoint, contract
from rest_compat.routes import CATEGORIES
from rest_compat.routing import Route

ROWS_TO_COME: Final[Mapping[str, str]] = {}
"""Rows of served categories that are not served yet, and why."""
SERVED_CATEGORIES: Final[list[Category]] = [one for one in contract().categories if one.name in CATEGORIES]
STILL_TO_COME: Final[list[str]] = [one.name for one in contract().categories if one.name not in CATEGORIES]
SERVED: Final[list[Endpoint]] = [
    endpoint for category in SERVED_CATEGORIES for endpoint in category.endpoints if endpoint.name not in ROWS_TO_COME
]
ROUTES: Final[dict[str, Route]] = {
    f"{route.method} {route.path}": route for routes in CATEGORIES.values() for route in routes
}


def name_of(endpoint: Endpoint) -> str:
    """The id of a parametrized test, so that a failure names the path."""
    return endpoint.name


def forms_of(path: str) -> tuple[str, str]:
    """With and without the trailing slash: one resource."""
    bare = path.rstrip("/")
    return bare, bare + "/"
