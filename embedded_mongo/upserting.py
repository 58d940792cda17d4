"""What a query says about the document that an upsert inserts."""

from typing import Any

from bson import Regex

from embedded_mongo.conditions import Condition, Field, Some, conjuncts, parse_filter
from embedded_mongo.errors import MongoError, refused
from embedded_mongo.update_paths import change_at, update_path
from embedded_mongo.values import Document


def document_from_query(query: Document, *, replaces: bool) -> Document:
    """The fields that a query fixes by equality; of a replacement's query only `_id`.

    Raises MongoError 54 if two equalities contradict each other.
    """
    equalities = _equalities(parse_filter(query))
    if replaces:
        return {"_id": equalities["_id"]} if "_id" in equalities else {}
    document: Document = {"_id": equalities.pop("_id")} if "_id" in equalities else {}
    for path in sorted(equalities):
        document = _with_value(document, path, equalities[path])
    return document


def _equalities(condition: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in conjuncts(condition):
        if isinstance(part, Some) and len(part.children) == 1:
            raise refused("an upsert with an $or of one condition")
        if not isinstance(part, Field):
            continue
        if part.operator == "$in" and len(part.operand) == 1 and type(part.operand[0]) is not Regex:
            raise refused("an upsert with an $in of one value")
        if part.operator == "$eq":
            _check_unique(found, part.path)
            found[part.path] = part.operand
    return found


def _check_unique(found: dict[str, Any], path: str) -> None:
    if path.startswith("_id."):
        raise refused("an upsert by a part of _id")
    for other in found:
        if other == path or other.startswith(f"{path}.") or path.startswith(f"{other}."):
            raise MongoError(54, f"cannot infer query fields to set, path '{path}' is matched twice")


def _with_value(document: Document, path: str, value: Any) -> Document:
    return change_at(document, update_path(path), lambda _: value, {})
