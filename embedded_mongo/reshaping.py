"""$project, $addFields and $unset: documents with fewer, more or other fields."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bson import Int64

from embedded_mongo.errors import MongoError, refused
from embedded_mongo.expressions import Evaluate, compile_expression
from embedded_mongo.projecting import parse_projection
from embedded_mongo.values import MISSING, Document, is_true

Stage = Callable[[Iterable[Document]], Iterable[Document]]


def project(operand: Any) -> Stage:
    """Read a $project stage: fields to show and to compute, or fields to leave out."""
    if type(operand) is not dict or not operand:
        raise MongoError(51272, "$project specification must be a non-empty object")
    flags: Document = {}
    computed: dict[str, Evaluate] = {}
    for path, given in _flattened(operand):
        if type(given) in (bool, int, Int64, float):
            flags[path] = is_true(given)
        else:
            computed[path] = compile_expression(given)
    if not computed:
        show = parse_projection(flags)
        return lambda documents: map(show, documents)
    if any(not flag for path, flag in flags.items() if path != "_id"):
        raise MongoError(31254, "Cannot do exclusion in an inclusion projection with computed fields")
    keeps_id = flags.pop("_id", "_id" not in computed)
    show = parse_projection({**flags, "_id": keeps_id}) if flags else _only_id(keep=keeps_id)
    return lambda documents: (_computed(show(document), document, computed) for document in documents)


def add_fields(operand: Any) -> Stage:
    """Read an $addFields stage. A field whose expression has no value goes away."""
    if type(operand) is not dict or not operand:
        raise MongoError(40272, "$addFields specification stage must be a non-empty object")
    computed = {path: compile_expression(given) for path, given in _flattened(operand)}
    return lambda documents: (_computed(document, document, computed) for document in documents)


def unset(operand: Any) -> Stage:
    """Read an $unset stage: the path or paths to leave out."""
    paths = operand if type(operand) is list else [operand]
    if not paths or any(type(path) is not str or not path or path.startswith("$") for path in paths):
        raise MongoError(31002, "$unset specification must be a string or an array of strings")
    leave_out = parse_projection(dict.fromkeys(paths, False))
    return lambda documents: map(leave_out, documents)


def _flattened(specification: Document, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested specifications as dotted paths: `{a: {b: 1}}` is `{"a.b": 1}`."""
    for name, given in specification.items():
        path = f"{prefix}{name}"
        if name.startswith("$") or not all(path.split(".")):
            raise MongoError(16410, f"FieldPath field names may not start with '$' or be empty: {path}")
        if type(given) is dict and not next(iter(given), "$").startswith("$"):
            yield from _flattened(given, f"{path}.")
        elif given == {}:
            raise refused(f"an empty object for {path}")
        else:
            yield path, given


def _only_id(*, keep: bool) -> Callable[[Document], Document]:
    return lambda document: {"_id": document["_id"]} if keep and "_id" in document else {}


def _computed(shown: Document, document: Document, computed: dict[str, Evaluate]) -> Document:
    for path, evaluate in computed.items():
        shown = _with(shown, path.split("."), evaluate(document))
    return shown


def _with(container: Any, parts: list[str], value: Any) -> Document:
    if type(container) is list:
        raise refused("a computed field inside of an array")
    head, *rest = parts
    inner = container if type(container) is dict else {}
    new = _with(inner.get(head), rest, value) if rest else value
    if new is MISSING:
        return {name: item for name, item in inner.items() if name != head}
    return {**inner, head: new}
