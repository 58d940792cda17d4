"""Projections of `find`: which fields of a document are shown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bson import Int64

from embedded_mongo.conditions import Condition, is_expression, parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.matching import matcher, value_test
from embedded_mongo.values import MISSING, Document, is_true

Show = Callable[[Any], Any]


@dataclass(slots=True)
class _Tree:
    """What happens to each field: a subtree, or a function from its value to what is shown (MISSING: nothing)."""

    fields: dict[str, "_Tree | Show"] = field(default_factory=dict)

    def put(self, path: str, show: Show) -> None:
        head, _, rest = path.partition(".")
        if not rest:
            if head in self.fields:
                raise MongoError(31250, f"Path collision at {path}")
            self.fields[head] = show
            return
        inner = self.fields.setdefault(head, _Tree())
        if not isinstance(inner, _Tree):
            raise MongoError(31249, f"Path collision at {path} remaining portion {rest}")
        inner.put(rest, show)


def _keep(value: Any) -> Any:
    return value


def _drop(_: Any) -> Any:
    return MISSING


def parse_projection(projection: Any) -> Callable[[Document], Document]:
    """A function from a document to what the projection shows of it. Raises MongoError if it isn't done here."""
    if not projection:
        return _keep
    if type(projection) is not dict:
        raise MongoError(14, "Expected a projection to be an object")
    inclusive = _is_inclusive(projection)
    tree = _Tree()
    last: list[str] = []  # MongoDB shows what $elemMatch finds after the other fields
    for path, wanted in projection.items():
        if path.startswith("$") or ".$" in path:
            raise refused(f"the projection {path}")
        if type(wanted) is dict:
            tree.put(path, _array_operator(path, wanted))
            if "$elemMatch" in wanted:
                last.append(path)
        elif path == "_id" and not is_true(wanted) and inclusive:
            continue
        else:
            tree.put(path, _keep if is_true(wanted) else _drop)
    if inclusive and "_id" not in projection:
        tree.fields["_id"] = _keep
    if inclusive:
        return lambda document: _moved_back(_included(document, tree), last)
    if last:
        raise refused("the projection $elemMatch beside fields that are left out")
    return lambda document: _excluded(document, tree)


def _is_inclusive(projection: Document) -> bool:
    """Whether the fields named are those to show. `_id` alone may differ from the others.

    Without any flag but `_id`'s, $slice means to leave out, and $elemMatch to show.
    """
    flags: dict[str, bool] = {}
    operators: set[str] = set()
    for path, wanted in projection.items():
        if type(wanted) is dict:
            operators.update(wanted)
        elif type(wanted) not in (bool, int, Int64, float):
            raise refused(f"the computed projection of {path}")
        else:
            flags[path] = is_true(wanted)
    shows_id = flags.pop("_id", None)
    if flags:
        return _common_flag(flags)
    if "$slice" in operators:
        return shows_id is True
    return bool(shows_id) or "$elemMatch" in operators


def _common_flag(flags: dict[str, bool]) -> bool:
    (_, first), *others = flags.items()
    for path, flag in others:
        if flag != first:
            doing, projection = ("exclusion", "inclusion") if first else ("inclusion", "exclusion")
            code = 31254 if first else 31253
            raise MongoError(code, f"Cannot do {doing} on field {path} in {projection} projection")
    return first


def _included(document: Document, tree: _Tree) -> Document:
    shown = {}
    for name in [name for name in document if name in tree.fields]:
        value, wanted = document[name], tree.fields[name]
        seen = _include_inner(value, wanted) if isinstance(wanted, _Tree) else wanted(value)
        if seen is not MISSING:
            shown[name] = seen
    return shown


def _moved_back(document: Document, names: list[str]) -> Document:
    for name in names:
        if name in document:
            document[name] = document.pop(name)
    return document


def _include_inner(value: Any, tree: _Tree) -> Any:
    if type(value) is dict:
        return _included(value, tree)
    if type(value) is list:
        return [item for item in (_include_inner(element, tree) for element in value) if item is not MISSING]
    return MISSING


def _excluded(document: Document, tree: _Tree) -> Document:
    shown = {}
    for name, value in document.items():
        unwanted = tree.fields.get(name, _keep)
        seen = _exclude_inner(value, unwanted) if isinstance(unwanted, _Tree) else unwanted(value)
        if seen is not MISSING:
            shown[name] = seen
    return shown


def _exclude_inner(value: Any, tree: _Tree) -> Any:
    if type(value) is dict:
        return _excluded(value, tree)
    if type(value) is list:
        return [_exclude_inner(element, tree) for element in value]
    return value


def _array_operator(path: str, wanted: Document) -> Show:
    if len(wanted) != 1:
        raise refused(f"the computed projection of {path}")
    name, operand = next(iter(wanted.items()))
    if name == "$slice":
        return _slice(operand)
    if name == "$elemMatch" and "." not in path:
        return _first_element(operand)
    raise refused(f"the projection {name} of {path}")


def _slice(operand: Any) -> Show:
    numbers = operand if type(operand) is list else [operand]
    if not 1 <= len(numbers) <= 2 or any(type(number) not in (int, Int64) for number in numbers):
        raise MongoError(28667, "Invalid $slice syntax: expected a number or an array of two numbers")
    if len(numbers) == 2 and numbers[1] <= 0:
        raise MongoError(28724, "First argument to $slice must be an array and the third a positive number")

    def show(value: Any) -> Any:
        if type(value) is not list:
            return value
        if len(numbers) == 1:
            return value[: numbers[0]] if numbers[0] >= 0 else value[numbers[0] :]
        start = max(len(value) + numbers[0], 0) if numbers[0] < 0 else numbers[0]
        return value[start : start + numbers[1]]

    return show


def _first_element(operand: Any) -> Show:
    if type(operand) is not dict:
        raise MongoError(31274, "elemMatch: Invalid argument, object required")
    test = _element_test(operand)

    def show(value: Any) -> Any:
        if type(value) is not list:
            return MISSING
        return next(([element] for element in value if test(element)), MISSING)

    return show


def _element_test(operand: Document) -> Callable[[Any], bool]:
    if is_expression(operand):
        condition: Condition = parse_filter({"": operand})
        return value_test(condition)
    matches = matcher(parse_filter(operand))
    return lambda element: type(element) is dict and matches(element)
