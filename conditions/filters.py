"""Conditions as filters of MongoDB, as far as the documents have what they ask about."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any as Value
from typing import Final

from conditions.durations import at
from conditions.fields import TIME, Kind, Operator
from conditions.tree import All, Any, Comparison, Node, Not

Filter = Mapping[str, Value]

ASKED: Final[Mapping[Operator, Callable[[Value], Filter]]] = {
    Operator.EXISTS: lambda value: {"$exists": value},
    Operator.EQ: lambda value: {"$eq": value, "$exists": True},
    Operator.NEQ: lambda value: {"$ne": value, "$exists": True},
    Operator.IN: lambda value: {"$in": list(value)},
    Operator.NIN: lambda value: {"$nin": list(value), "$exists": True},
    Operator.CONTAINS: lambda value: {"$regex": re.escape(value)},
    Operator.GT: lambda value: {"$gt": value},
    Operator.GTE: lambda value: {"$gte": value},
    Operator.LT: lambda value: {"$lt": value},
    Operator.LTE: lambda value: {"$lte": value},
}
"""`matches` is not among them: the database has another language of patterns, and one that takes its time."""


def exact_filter(node: Node, now: datetime) -> Filter | None:
    """Matches the documents for which the condition holds; None where it can't be said so."""
    match node:
        case All(inner=inner) | Any(inner=inner):
            parts = [exact_filter(one, now) for one in inner]
            if any(part is None for part in parts):
                return None
            return {"$and" if isinstance(node, All) else "$or": parts}
        case Not(inner=one):
            part = exact_filter(one, now)
            return None if part is None else {"$nor": [part]}
        case Comparison():
            return _comparison(node, now)
        case _:
            return None


def narrowing_filter(node: Node, now: datetime) -> Filter:
    """Matches all documents for which the condition holds, and as few others as can be."""
    exact = exact_filter(node, now)
    if exact is not None:
        return exact
    match node:
        case All(inner=inner):
            parts = [part for one in inner if (part := narrowing_filter(one, now))]
            return {"$and": parts} if parts else {}
        case Any(inner=inner):
            choices = [narrowing_filter(one, now) for one in inner]
            return {"$or": choices} if all(choices) else {}
        case _:
            return {}


def _comparison(node: Comparison, now: datetime) -> Filter | None:
    path, operator, value = node.field.stored, node.operator, node.value
    if path is None or node.field.kind is Kind.VALUE:
        return None
    if operator in TIME:
        return {path: _in_time(operator, value, now)}
    if operator is Operator.CONTAINS and node.field.kind is Kind.TEXTS:
        return {path: {"$eq": value}}
    return {path: ASKED[operator](value)} if operator in ASKED else None


def _in_time(operator: Operator, value: Value, now: datetime) -> Filter:
    if operator is Operator.WITHIN_LAST:
        return {"$gte": now - value, "$lte": now}
    return {"$lt" if operator is Operator.BEFORE else "$gt": at(value, now)}
