"""Update operators on arrays: each makes, of its operand, a function from the old array to the new one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bson import Int64, Regex

from embedded_mongo.conditions import is_expression, parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.field_updates import Change, MakeChange
from embedded_mongo.matching import matcher
from embedded_mongo.ordering import key
from embedded_mongo.paths import KeyPattern
from embedded_mongo.values import MISSING, Document, type_name

_PUSH_MODIFIERS = frozenset({"$each", "$slice", "$sort", "$position"})


def _push(path: str, operand: Any, _: datetime) -> Change:
    modifiers = operand if type(operand) is dict and "$each" in operand else {"$each": [operand]}
    for name in modifiers:
        if name not in _PUSH_MODIFIERS:
            raise MongoError(2, f"Unrecognized clause in $push: {name}")
    added = _each(modifiers["$each"], "$push")
    position = _whole(modifiers.get("$position"), "$position")
    limit = _whole(modifiers.get("$slice"), "$slice")
    sort = _element_sort(modifiers["$sort"]) if "$sort" in modifiers else None

    def change(old: Any) -> list[Any]:
        if old is not MISSING and type(old) is not list:
            raise MongoError(2, f"The field '{path}' must be an array but is of type {type_name(old)}")
        array: list[Any] = [] if old is MISSING else list(old)
        where = len(array) if position is None else position
        array[where:where] = added
        if sort:
            array = sort(array)
        if limit is not None:
            array = array[:limit] if limit >= 0 else array[limit:]
        return array

    return change


def _each(operand: Any, name: str) -> list[Any]:
    if type(operand) is not list:
        raise MongoError(2, f"The argument to $each in {name} must be an array but it was of type {type_name(operand)}")
    return operand


def _whole(operand: Any, name: str) -> int | None:
    if operand is None:
        return None
    if type(operand) not in (int, Int64, float) or operand % 1 != 0:
        raise MongoError(2, f"The value for {name} must be an integer value but was given type: {type_name(operand)}")
    return int(operand)


def _element_sort(operand: Any) -> Callable[[list[Any]], list[Any]]:
    if type(operand) is not dict:
        if operand not in (1, -1) or type(operand) is bool:
            raise MongoError(2, "The $sort element value must be either 1 or -1")
        return lambda array: sorted(array, key=key, reverse=operand < 0)
    if not operand or any(direction not in (1, -1) for direction in operand.values()):
        raise MongoError(2, "The $sort element value must be either 1 or -1")
    pattern = KeyPattern([(path, int(direction)) for path, direction in operand.items()])

    def element_key(element: Any) -> Any:
        keys = pattern.keys(element) if type(element) is dict else []
        if len(keys) != 1:
            raise refused("$push with a $sort by fields of elements that are no documents or hold arrays")
        return keys[0]

    return lambda array: sorted(array, key=element_key)


def _add_to_set(path: str, operand: Any, _: datetime) -> Change:
    if type(operand) is dict and "$each" in operand:
        if len(operand) > 1:
            raise MongoError(2, "Found unexpected fields after $each in $addToSet")
        added = _each(operand["$each"], "$addToSet")
    else:
        added = [operand]

    def change(old: Any) -> list[Any]:
        if old is not MISSING and type(old) is not list:
            raise MongoError(
                2,
                f"Cannot apply $addToSet to non-array field. Field named '{path}' has non-array type {type_name(old)}",
            )
        array: list[Any] = [] if old is MISSING else old
        seen = {key(item) for item in array}
        new = []
        for item in added:
            if key(item) not in seen:
                seen.add(key(item))
                new.append(item)
        return array + new if new or old is MISSING else array

    return change


def _without(name: str, path: str, is_removed: Callable[[Any], bool]) -> Change:
    def change(old: Any) -> Any:
        if old is MISSING:
            return old
        if type(old) is not list:
            raise MongoError(2, f"Cannot apply {name} to a non-array value in the field '{path}'")
        kept = [item for item in old if not is_removed(item)]
        return old if len(kept) == len(old) else kept

    return change


def _pull(path: str, operand: Any, _: datetime) -> Change:
    if type(operand) is Regex or is_expression(operand):
        # MongoDB matches `{"": element}`, so that an array among the elements is looked into.
        wrapped = matcher(parse_filter({"": operand}))
        return _without("$pull", path, lambda item: wrapped({"": item}))
    if type(operand) is dict:
        test = matcher(parse_filter(operand))
        return _without("$pull", path, lambda item: type(item) is dict and test(item))
    unwanted = key(operand)
    return _without("$pull", path, lambda item: key(item) == unwanted)


def _pull_all(path: str, operand: Any, _: datetime) -> Change:
    if type(operand) is not list:
        raise MongoError(2, f"$pullAll requires an array argument but was given a {type_name(operand)}")
    unwanted = {key(item) for item in operand}
    return _without("$pullAll", path, lambda item: key(item) in unwanted)


def _pop(path: str, operand: Any, _: datetime) -> Change:
    if operand not in (1, -1) or type(operand) is bool:
        raise MongoError(9, f"$pop expects 1 or -1, found: {operand}")

    def change(old: Any) -> Any:
        if old is MISSING:
            return old
        if type(old) is not list:
            raise MongoError(14, f"Path '{path}' contains an element of non-array type '{type_name(old)}'")
        kept: list[Document] = old[:-1] if operand == 1 else old[1:]
        return kept if old else old

    return change


ARRAY_CHANGES: dict[str, MakeChange] = {
    "$push": _push,
    "$addToSet": _add_to_set,
    "$pull": _pull,
    "$pullAll": _pull_all,
    "$pop": _pop,
}
