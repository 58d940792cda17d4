"""The paths of updates: finding and replacing the value at a path by copying what leads to it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from embedded_mongo.errors import MongoError, refused
from embedded_mongo.values import MISSING, Document, type_name

ElementTests = dict[str, Callable[[Document], bool]]

_INDEX = re.compile(r"0|[1-9]\d*\Z")
_REFERENCE_FIELDS = frozenset({"$ref", "$id", "$db"})
_MAXIMUM_PADDING = 1_500_000
_REMEMBERED = 4_096  # the paths of updates are few, and seen again and again


@dataclass(frozen=True, slots=True)
class UpdatePath:
    """Paths are applied in their `order`: numbers by value, other names as text."""

    text: str
    parts: tuple[str, ...]
    order: tuple[tuple[int, int, str], ...]


@lru_cache(_REMEMBERED)
def update_path(text: str) -> UpdatePath:
    """Read the path of an update. Raises MongoError 56 for an empty name, 238 for the positional `$`."""
    parts = tuple(text.split("."))
    for part in parts:
        if not part:
            raise MongoError(56, f"The update path '{text}' contains an empty field name, which is not allowed.")
        if part == "$":
            raise refused("the positional operator $ in an update")
        is_elements = part.startswith("$[") and part.endswith("]")
        if part.startswith("$") and not is_elements and part not in _REFERENCE_FIELDS:
            raise refused(f"the field name {part} in an update")
    if parts[0].startswith("$["):
        raise MongoError(
            2, f"Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '{text}'"
        )
    order = tuple((0, int(part), "") if _INDEX.fullmatch(part) else (1, 0, part) for part in parts)
    return UpdatePath(text, parts, order)


def value_at(document: Document, path: UpdatePath) -> Any:
    """The value at a path that leads through documents alone, or MISSING. Raises MongoError 2 at an array."""
    value: Any = document
    for part in path.parts:
        if type(value) is list:
            raise MongoError(2, f"The source and target field of $rename cannot be an array element: '{path.text}'")
        value = value.get(part, MISSING) if type(value) is dict else MISSING
    return value


def change_at(
    document: Document,
    path: UpdatePath,
    change: Callable[[Any], Any],
    element_tests: ElementTests,
    *,
    lenient: bool = False,
) -> Document:
    """The document with the value at a path replaced by what `change` makes of it (MISSING: absent).

    Documents that the path needs are created. Raises MongoError 28 where a scalar is in the way, unless `lenient`.
    """
    changed: Document = _Walk(path, change, element_tests, lenient).into(document, 0)
    return changed


@dataclass(frozen=True, slots=True)
class _Walk:
    path: UpdatePath
    change: Callable[[Any], Any]
    element_tests: ElementTests
    lenient: bool

    def into(self, container: Any, depth: int) -> Any:
        """What becomes of `container`, which the path's part number `depth` is looked up in."""
        part = self.path.parts[depth]
        if part.startswith("$["):
            return self._into_elements(container, part, depth)
        if type(container) is dict:
            return self._into_document(container, part, depth)
        if type(container) is list and _INDEX.fullmatch(part):
            return self._into_array(container, int(part), depth)
        if self.lenient:
            return container
        raise MongoError(
            28,
            f"Cannot create field '{part}' in element {{{self._name(depth)}: {type_name(container)}}} "
            f"(path '{self.path.text}')",
        )

    def _name(self, depth: int) -> str:
        return self.path.parts[depth - 1] if depth else ""

    def _next(self, value: Any, depth: int) -> Any:
        if depth == len(self.path.parts) - 1:
            return self.change(value)
        return self._created(depth + 1) if value is MISSING else self.into(value, depth + 1)

    def _created(self, depth: int) -> Any:
        rest = self.path.parts[depth:]
        if any(part.startswith("$[") for part in rest):
            raise MongoError(
                2, f"The path '{self.path.text}' must exist in the document in order to apply array updates."
            )
        value = self.change(MISSING)
        for part in reversed(rest):
            value = MISSING if value is MISSING else {part: value}
        return value

    def _into_document(self, container: Document, part: str, depth: int) -> Document:
        old = container.get(part, MISSING)
        new = self._next(old, depth)
        if new is old:
            return container
        if new is MISSING:
            return {name: value for name, value in container.items() if name != part}
        return {**container, part: new}

    def _into_array(self, container: list[Any], index: int, depth: int) -> list[Any]:
        old = container[index] if index < len(container) else MISSING
        new = self._next(old, depth)
        if new is old:
            return container
        if new is MISSING:
            new = None  # an element that is unset leaves a null
        padding = index - len(container)
        if padding > _MAXIMUM_PADDING:
            raise MongoError(2, f"can't backfill more than {_MAXIMUM_PADDING} elements")
        padded = container + [None] * (padding + 1)
        padded[index] = new
        return padded

    def _into_elements(self, container: Any, part: str, depth: int) -> list[Any]:
        if type(container) is not list:
            raise MongoError(
                2, f"Cannot apply array updates to non-array element {self._name(depth)}: {type_name(container)}"
            )
        identifier = part[2:-1]
        return [self._element(element, identifier, depth) for element in container]

    def _element(self, element: Any, identifier: str, depth: int) -> Any:
        if identifier:
            if type(element) is list:
                raise refused("arrayFilters over arrays in arrays")
            if not self.element_tests[identifier]({identifier: element}):
                return element
        changed = self._next(element, depth)
        return None if changed is MISSING else changed
