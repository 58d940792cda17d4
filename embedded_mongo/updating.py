"""Applying an update to a document. Documents are never changed: what an update touches is copied."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from embedded_mongo.array_updates import ARRAY_CHANGES
from embedded_mongo.conditions import first_names, parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.field_updates import FIELD_CHANGES, Change
from embedded_mongo.matching import matcher
from embedded_mongo.update_paths import UpdatePath, change_at, update_path, value_at
from embedded_mongo.values import MISSING, Document, encode, type_name

_REFUSED = frozenset({"$bit"})


@dataclass(frozen=True, slots=True)
class _Step:
    path: UpdatePath
    name: str
    change: Change
    source: UpdatePath | None = None  # of `$rename`


@dataclass(frozen=True, slots=True)
class Update:
    """A checked update. `replacement` is set instead of `steps` if the whole document is replaced."""

    replacement: Document | None = None
    steps: tuple[_Step, ...] = ()
    element_tests: dict[str, Callable[[Document], bool]] = field(default_factory=dict)

    def apply(self, document: Document, *, inserting: bool = False) -> Document:
        """The document as it is afterwards. Raises MongoError 66 if the update changes `_id`."""
        if self.replacement is not None:
            return _replaced(document, self.replacement)
        updated = {**document}
        for step in self.steps:
            if step.name == "$setOnInsert" and not inserting:
                continue
            if step.source:
                updated = self._renamed(updated, step)
            elif len(step.path.parts) == 1:
                _change_own(updated, step)
            else:
                updated = self._changed(updated, step)
        if "_id" in document and ("_id" not in updated or not _is_identical(document["_id"], updated["_id"])):
            raise MongoError(66, "Performing an update on the path '_id' would modify the immutable field '_id'")
        return updated

    def _changed(self, document: Document, step: _Step) -> Document:
        lenient = step.name == "$unset"
        return change_at(document, step.path, step.change, self.element_tests, lenient=lenient)

    def _renamed(self, document: Document, step: _Step) -> Document:
        assert step.source is not None  # noqa: S101  tells the type checker what the caller has looked at
        value = value_at(document, step.source)
        if value is MISSING:
            return document
        value_at(document, step.path)
        renamed = change_at(document, step.path, lambda _: value, {})
        return change_at(renamed, step.source, lambda _: MISSING, {})


def _change_own(document: Document, step: _Step) -> None:
    """Changes a field of a document that nobody else has: the plain case, for which `change_at` would copy it."""
    name = step.path.parts[0]
    new = step.change(document.get(name, MISSING))
    if new is MISSING:
        document.pop(name, None)
    else:
        document[name] = new


def parse_update(update: Any, array_filters: Any, now: datetime) -> Update:
    """Read an update. Raises MongoError if it is malformed, contradicts itself, or isn't done here."""
    if type(array_filters) is not list:
        raise MongoError(14, "arrayFilters has to be an array")
    if type(update) is list:
        raise refused("an update with an aggregation pipeline")
    if type(update) is not dict:
        raise MongoError(9, "Update argument must be either an object or an array")
    if not next(iter(update), "").startswith("$"):
        return _parse_replacement(update, array_filters)
    steps: list[_Step] = []
    for name, arguments in update.items():
        steps += _parse_modifier(name, arguments, now)
    # MongoDB applies an update in the order of its paths, which decides the order of new fields.
    steps.sort(key=lambda step: step.path.order)
    _check_conflicts(steps)
    return Update(steps=tuple(steps), element_tests=_parse_array_filters(array_filters, steps))


def _parse_replacement(update: Document, array_filters: list[Any]) -> Update:
    for name in update:
        if name.startswith("$"):
            raise MongoError(52, f"The dollar ($) prefixed field '{name}' in '{name}' is not valid for storage.")
    if array_filters:
        raise MongoError(9, "arrayFilters may not be specified for replacement-style updates")
    return Update(replacement=update)


def _parse_modifier(name: str, arguments: Any, now: datetime) -> list[_Step]:
    if name in _REFUSED:
        raise refused(f"update operator {name}")
    if name not in FIELD_CHANGES and name not in ARRAY_CHANGES and name != "$rename":
        raise MongoError(
            9,
            f"Unknown modifier: {name}. Expected a valid update modifier or pipeline-style update "
            "specified as an array",
        )
    if type(arguments) is not dict:
        raise MongoError(
            9, f"Modifiers operate on fields but we found type {type_name(arguments)} instead. (operator {name})"
        )
    if name == "$rename":
        return [_parse_rename(source, target) for source, target in arguments.items()]
    make = FIELD_CHANGES.get(name) or ARRAY_CHANGES[name]
    return [_Step(update_path(path), name, make(path, operand, now)) for path, operand in arguments.items()]


def _parse_rename(source: str, target: Any) -> _Step:
    if type(target) is not str:
        raise MongoError(2, f"The 'to' field for $rename must be a string: {source}")
    paths = update_path(target), update_path(source)
    if any(part.startswith("$") for path in paths for part in path.parts):
        raise MongoError(2, f"The source and target field for $rename may not be dynamic: {source}")
    if source == target:
        raise MongoError(2, f'The source and target field for $rename must differ: {source}: "{target}"')
    return _Step(paths[0], "$rename", lambda value: value, source=paths[1])


def _check_conflicts(steps: list[_Step]) -> None:
    """Refuse two changes of one path, or of a path and another that leads through it."""
    paths = [path.parts for step in steps for path in (step.path, step.source) if path]
    if len(set(paths)) == len(paths) and all(len(parts) == 1 for parts in paths):
        return
    seen: set[tuple[str, ...]] = set()
    inner: set[tuple[str, ...]] = set()
    for parts in paths:
        prefixes = {parts[:length] for length in range(1, len(parts))}
        clash = next((prefix for prefix in prefixes if prefix in seen), parts if parts in seen | inner else None)
        if clash:
            path, at = ".".join(parts), ".".join(clash)
            raise MongoError(40, f"Updating the path '{path}' would create a conflict at '{at}'")
        seen.add(parts)
        inner |= prefixes


def _parse_array_filters(filters: list[Any], steps: list[_Step]) -> dict[str, Callable[[Document], bool]]:
    used = {part[2:-1] for step in steps for part in step.path.parts if part.startswith("$[") and part != "$[]"}
    tests = {}
    for query in filters:
        condition = parse_filter(query)
        identifiers = first_names(condition)
        if len(identifiers) != 1:
            raise MongoError(9, "Error parsing array filter: Expected a single top-level field name")
        identifier = identifiers.pop()
        if identifier in tests:
            raise MongoError(9, f"Found multiple array filters with the same top-level field name {identifier}")
        if identifier not in used:
            raise MongoError(9, f"The array filter for identifier '{identifier}' was not used in the update")
        tests[identifier] = matcher(condition)
    for identifier in used - tests.keys():
        raise MongoError(2, f"No array filter found for identifier '{identifier}'")
    return tests


def _replaced(document: Document, replacement: Document) -> Document:
    if "_id" not in document:
        return replacement
    identifier = document["_id"]
    if "_id" in replacement and not _is_identical(identifier, replacement["_id"]):
        raise MongoError(66, "After applying the update, the (immutable) field '_id' was found to have been altered")
    return {"_id": identifier, **{name: value for name, value in replacement.items() if name != "_id"}}


def _is_identical(left: Any, right: Any) -> bool:
    return left is right or encode({"": left}) == encode({"": right})
