"""The stages of an aggregation pipeline, each a function from documents to documents."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from bson import Int64

from embedded_mongo.conditions import parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.expressions import compile_expression, value_of_path
from embedded_mongo.finding import parse_sort
from embedded_mongo.grouping import group
from embedded_mongo.matching import matcher
from embedded_mongo.ordering import key
from embedded_mongo.paths import KeyPattern, reach
from embedded_mongo.reshaping import add_fields, project, unset
from embedded_mongo.update_paths import UpdatePath, change_at, update_path
from embedded_mongo.values import MISSING, Document, type_name

Documents = Iterable[Document]
Stage = Callable[[Documents], Documents]
ReadCollection = Callable[[str], Documents]


def parse_pipeline(pipeline: Any, read_collection: ReadCollection) -> list[Stage]:
    """Check and compile a pipeline. Raises MongoError 40324 or 238 for a stage that isn't there or isn't done here."""
    if type(pipeline) is not list:
        raise MongoError(14, "'pipeline' has to be an array")
    return [_parse_stage(stage, read_collection) for stage in pipeline]


def _parse_stage(stage: Any, read_collection: ReadCollection) -> Stage:
    if type(stage) is not dict or len(stage) != 1:
        raise MongoError(40323, "A pipeline stage specification object must contain exactly one field.")
    name, operand = next(iter(stage.items()))
    if name == "$lookup":
        return _lookup(operand, read_collection)
    if name not in _STAGES:
        raise refused(f"aggregation stage {name}")
    return _STAGES[name](operand)


def _match(operand: Any) -> Stage:
    matches = matcher(parse_filter(operand))
    return lambda documents: (document for document in documents if matches(document))


def _sort(operand: Any) -> Stage:
    fields = parse_sort(operand)
    if not fields:
        raise MongoError(15976, "$sort stage must have at least one sort key")
    pattern = KeyPattern(fields)
    return lambda documents: sorted(documents, key=pattern.sort_key)


def positive_number(operand: Any, name: str, least: int) -> int:
    """The operand of $limit and $skip. Raises MongoError 15958 if it is no whole number of at least `least`."""
    if type(operand) not in (int, Int64, float) or operand % 1 != 0 or operand < least:
        raise MongoError(15958, f"invalid argument to {name} stage: expected a number of at least {least}: {operand}")
    return int(operand)


def _limit(operand: Any) -> Stage:
    number = positive_number(operand, "$limit", 1)
    return lambda documents: islice(documents, number)


def _skip(operand: Any) -> Stage:
    number = positive_number(operand, "$skip", 0)
    return lambda documents: islice(documents, number, None)


def _count(operand: Any) -> Stage:
    if type(operand) is not str or not operand or operand.startswith("$") or "." in operand:
        raise MongoError(40156, "the count field must be a non-empty string without '$' and '.'")

    def run(documents: Documents) -> Iterator[Document]:
        number = sum(1 for _ in documents)
        if number:
            yield {operand: number}

    return run


def _unwind(operand: Any) -> Stage:
    options = {"path": operand} if type(operand) is str else operand
    if type(options) is not dict or type(options.get("path")) is not str or not options["path"].startswith("$"):
        raise MongoError(28818, "path option to $unwind stage should be prefixed with a '$'")
    unknown = options.keys() - {"path", "preserveNullAndEmptyArrays", "includeArrayIndex"}
    if unknown:
        raise MongoError(28811, f"unrecognized option to $unwind stage: {unknown.pop()}")
    path = update_path(options["path"][1:])
    index_field = options.get("includeArrayIndex")
    if index_field is not None and type(index_field) is not str:
        raise MongoError(28810, "expected a non-empty string for the includeArrayIndex option to $unwind stage")
    index_path = update_path(index_field) if index_field else None
    keeps = bool(options.get("preserveNullAndEmptyArrays"))

    def place(document: Document, value: Any, index: int | None) -> Document:
        placed = _with_value(document, path, value)
        if index_path is None:
            return placed
        shown = None if index is None else Int64(index)
        return _with_value(placed, index_path, shown)

    def run(documents: Documents) -> Iterator[Document]:
        for document in documents:
            value = _plain_value(document, path.parts)
            if type(value) is list and value:
                yield from (place(document, item, index) for index, item in enumerate(value))
            elif type(value) is list:
                if keeps:
                    yield place(document, MISSING, None)
            elif keeps or (value is not None and value is not MISSING):
                yield place(document, value, None)

    return run


def _plain_value(document: Document, parts: tuple[str, ...]) -> Any:
    value: Any = document
    for part in parts:
        if type(value) is list:
            raise refused("$unwind of a path through an array")
        value = value.get(part, MISSING) if type(value) is dict else MISSING
    return value


def _replace_root(operand: Any) -> Stage:
    if type(operand) is not dict or set(operand) != {"newRoot"}:
        raise MongoError(40229, "$replaceRoot takes an object with newRoot")
    return _replace_with(operand["newRoot"])


def _replace_with(operand: Any) -> Stage:
    new_root = compile_expression(operand)

    def replaced(document: Document) -> Document:
        root = new_root(document)
        if type(root) is not dict:
            raise MongoError(40228, f"'newRoot' expression must evaluate to an object, but got {type_name(root)}")
        return root

    return lambda documents: map(replaced, documents)


def _lookup(operand: Any, read_collection: ReadCollection) -> Stage:
    """The form with `localField` and `foreignField`: what is equal, or in the array, on either side."""
    if type(operand) is not dict:
        raise MongoError(9, "the $lookup specification must be an Object")
    if set(operand) != {"from", "localField", "foreignField", "as"}:
        raise refused("$lookup other than with from, localField, foreignField and as")
    if any(type(value) is not str or not value for value in operand.values()):
        raise MongoError(9, "the options of $lookup have to be strings")
    target = update_path(operand["as"])
    local, foreign = operand["localField"].split("."), operand["foreignField"].split(".")

    def run(documents: Documents) -> Iterator[Document]:
        by_key = _joinable(read_collection(operand["from"]), foreign)
        for document in documents:
            found: dict[int, Document] = {}
            for value in _local_values(document, local):
                found |= by_key.get(key(value), {})
            joined = [found[place] for place in sorted(found)]
            yield _with_value(document, target, joined)

    return run


def _with_value(document: Document, path: UpdatePath, value: Any) -> Document:
    return change_at(document, path, lambda _: value, {})


def _joinable(documents: Documents, foreign: list[str]) -> dict[Any, dict[int, Document]]:
    by_key: dict[Any, dict[int, Document]] = {}
    for place, document in enumerate(documents):
        for value in reach(document, foreign, expand=True):
            by_key.setdefault(key(value), {})[place] = document
    return by_key


def _local_values(document: Document, parts: list[str]) -> list[Any]:
    value = value_of_path(document, parts)
    values = value if type(value) is list else [value]
    if any(type(item) is list for item in values):
        raise refused("$lookup with arrays in arrays")
    return values


_STAGES: dict[str, Callable[[Any], Stage]] = {
    "$match": _match,
    "$group": group,
    "$sort": _sort,
    "$limit": _limit,
    "$skip": _skip,
    "$count": _count,
    "$project": project,
    "$addFields": add_fields,
    "$set": add_fields,
    "$unset": unset,
    "$unwind": _unwind,
    "$replaceRoot": _replace_root,
    "$replaceWith": _replace_with,
}
