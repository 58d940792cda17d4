"""The documented contract, which `contract.json` holds: what legacy clients rely on, category by category.

A shape says what a response has at least: an object of documented keys (`{}`: any object), a list of one shape, or a
kind: `string`, `number`, `boolean`, `any`. `text` is a body that is not JSON.
"""

from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

FILE: Final = Path(__file__).with_name("contract.json")

Shape = JsonValue


class Endpoint(BaseModel):
    """`auth` names the documented credentials, each of which is enough; empty means that none is needed. `responses`
    may be empty: then the status and the shape were never documented."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    path: str
    auth: tuple[str, ...]
    summary: str
    responses: dict[int, Shape]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def success(self) -> int | None:
        """The documented status of a success."""
        return next((status for status in self.responses if status < 400), None)


class Category(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    endpoints: tuple[Endpoint, ...]


class Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    version: str
    categories: tuple[Category, ...]


@cache
def contract() -> Contract:
    return Contract.model_validate_json(FILE.read_bytes())


def tags(served: Container[str]) -> list[dict[str, str]]:
    """OpenAPI's tags: the categories that are served, in the documented order."""
    return [
        {"name": category.name, "description": category.description}
        for category in contract().categories
        if category.name in served
    ]


@cache
def endpoints() -> dict[tuple[str, str], Endpoint]:
    """By method and path."""
    return {(row.method, row.path): row for category in contract().categories for row in category.endpoints}
