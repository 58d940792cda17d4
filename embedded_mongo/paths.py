"""How dotted paths reach values: as a condition sees them (`reach`), and as an index or a sort does (`index_keys`)."""

from collections.abc import Iterator, Sequence
from typing import Any

from embedded_mongo.errors import MongoError
from embedded_mongo.ordering import Key, descending, key
from embedded_mongo.values import EMPTY_ARRAY, MISSING, Document


def reach(document: Document, parts: Sequence[str], *, expand: bool) -> Iterator[Any]:
    """Yield every value that a condition on the path looks at; MISSING where the path ends early.

    Arrays on the way are walked through. An array at the end yields, with `expand`, its elements and then itself.
    """
    current: Any = document
    for position, part in enumerate(parts):
        if type(current) is list:
            yield from _reach_through(current, parts[position:], expand=expand)
            return
        current = current.get(part, MISSING) if type(current) is dict else MISSING
    if expand and type(current) is list:
        yield from current
    yield current


def _reach_through(array: list[Any], parts: Sequence[str], *, expand: bool) -> Iterator[Any]:
    head, rest = parts[0], parts[1:]
    for index, element in enumerate(array):
        if type(element) is dict:
            yield from reach(element, parts, expand=expand)
        if head != str(index):
            continue
        if not rest:
            yield element  # an element that is an array itself is not expanded
        elif type(element) is dict:
            yield from reach(element, rest, expand=expand)
        elif type(element) is list:
            yield from _reach_through(element, rest, expand=expand)


class KeyPattern:
    """The fields of an index or a sort with their directions."""

    def __init__(self, fields: Sequence[tuple[str, int]]) -> None:
        self.fields = tuple(fields)
        self.paths = tuple(tuple(path.split(".")) for path, _ in fields)
        self.descends = tuple(direction < 0 for _, direction in fields)
        self._ways = [(first, rest, falls) for (first, *rest), falls in zip(self.paths, self.descends, strict=True)]

    def single_key(self, document: Document, known: dict[str, Key]) -> Key | None:
        """The document's key, or None if one of the paths meets an array, so that there may be several. `known` are the
        places of its own fields that are known already: most indexes share some."""
        flat: list[Any] = []
        for first, rest, descends in self._ways:
            ordered = None if rest else known.get(first)
            if ordered is None:
                value = document.get(first, MISSING)
                for part in rest:
                    if type(value) is list:
                        return None
                    value = value.get(part, MISSING) if type(value) is dict else MISSING
                if type(value) is list:
                    return None
                ordered = key(value)
                if not rest:
                    known[first] = ordered
            flat += descending(ordered) if descends else ordered
        return tuple(flat)

    def keys(self, document: Document) -> list[Key]:
        """The document's keys: one, or several if an array is on the way.

        Raises MongoError 171 if two fields lead through different arrays.
        """
        single = self.single_key(document, {})
        if single is not None:
            return [single]
        tuples = _expand([(document, path) for path in self.paths])
        return list(dict.fromkeys(self._key(values) for values in tuples))

    def sort_key(self, document: Document) -> Key:
        """What the document is sorted by: of several keys the one that comes first. Raises MongoError 2."""
        try:
            keys = self.keys(document)
        except MongoError as error:
            raise MongoError(2, "cannot sort with keys that are parallel arrays") from error
        return keys[0] if len(keys) == 1 else min(keys)

    def _key(self, values: Sequence[Any]) -> Key:
        flat: list[Any] = []
        for value, descends in zip(values, self.descends, strict=True):
            ordered = key(value)
            flat += descending(ordered) if descends else ordered
        return tuple(flat)


def _expand(fields: list[tuple[Any, tuple[str, ...]]]) -> Iterator[list[Any]]:
    """Walk every (value, rest of path) to its end, once per element of the one array that they may lead through."""
    walked: list[tuple[Any, tuple[str, ...]]] = []
    array: list[Any] | None = None
    for value, path in fields:
        current, rest = value, path
        while rest and type(current) is dict:
            current, rest = current.get(rest[0], MISSING), rest[1:]
        if type(current) is list and not _is_fixed(value, path):
            if array is not None and array is not current:
                raise MongoError(171, "cannot index parallel arrays")
            array = current
        walked.append((current, rest))
    if array is None:
        yield [value if not rest else MISSING for value, rest in walked]
        return
    for element in array or [EMPTY_ARRAY]:
        yield from _expand([_step(element, rest) if value is array else (value, rest) for value, rest in walked])


def _is_fixed(value: Any, path: tuple[str, ...]) -> bool:
    """An element of an expanded array is a key as it is, even if it is an array again."""
    return not path and type(value) is list


def _step(element: Any, rest: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    if rest and type(element) is not dict:
        return MISSING, ()
    return element, rest
