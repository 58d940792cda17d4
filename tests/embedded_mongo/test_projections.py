"""What a projection shows of a document."""

from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

Things = Collection[dict[str, Any]]

DOCUMENT = {"_id": 1, "a": 1, "b": {"c": 2, "d": 3}, "l": [{"x": 1, "y": 2}, 5, {"x": 3}], "n": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("projection", "shown"),
    [
        ({"a": 1}, {"_id": 1, "a": 1}),
        ({"a": True, "_id": False}, {"a": 1}),
        (["a"], {"_id": 1, "a": 1}),
        ({"b.c": 1, "_id": 0}, {"b": {"c": 2}}),
        ({"a.x": 1, "_id": 0}, {}),
        ({"l.x": 1, "_id": 0}, {"l": [{"x": 1}, {"x": 3}]}),
        ({"_id": 1}, {"_id": 1}),
        ({"nothing": 1}, {"_id": 1}),
        ({"_id": 0, "l": 0, "n": 0}, {"a": 1, "b": {"c": 2, "d": 3}}),
        ({"_id": 0, "l.x": 0, "n": 0, "b.c": 0}, {"a": 1, "b": {"d": 3}, "l": [{"y": 2}, 5, {}]}),
        ({"n": {"$slice": 2}, "l": 0, "b": 0}, {"_id": 1, "a": 1, "n": [1, 2]}),
        ({"n": {"$slice": -1}, "l": 0, "b": 0}, {"_id": 1, "a": 1, "n": [4]}),
        ({"n": {"$slice": [1, 2]}, "_id": 1}, {"_id": 1, "n": [2, 3]}),
        ({"n": {"$slice": [-3, 1]}, "a": 1}, {"_id": 1, "a": 1, "n": [2]}),
        ({"l": {"$elemMatch": {"x": 3}}}, {"_id": 1, "l": [{"x": 3}]}),
        ({"n": {"$elemMatch": {"$gt": 2}}, "a": 1}, {"_id": 1, "a": 1, "n": [3]}),
        ({"n": {"$elemMatch": {"$gt": 9}}, "a": 1}, {"_id": 1, "a": 1}),
        ({"n": {"$elemMatch": {"$gt": 2}}, "_id": 0}, {"n": [3]}),
        ({}, DOCUMENT),
    ],
    ids=str,
)
def test_a_projection_shows(things: Things, projection: Any, shown: dict[str, Any]) -> None:
    things.insert_one(DOCUMENT)
    assert things.find_one({}, projection) == shown


def test_fields_keep_the_order_of_the_document_with_found_elements_last(things: Things) -> None:
    things.insert_one(DOCUMENT)
    assert list(things.find_one({}, {"l": {"$elemMatch": {"x": 1}}, "n": 1}) or {}) == ["_id", "n", "l"]
    assert list(things.find_one({}, {"n": 1, "a": 1}) or {}) == ["_id", "a", "n"]


@pytest.mark.parametrize(
    ("projection", "code"),
    [({"a": 1, "b": 0}, 31254), ({"b": 0, "a": 1}, 31253), ({"a": 1, "a.b": 1}, 31249), ({"b.c": 1, "b": 1}, 31250)],
    ids=str,
)
def test_a_projection_can_not_contradict_itself(things: Things, projection: dict[str, Any], code: int) -> None:
    with pytest.raises(OperationFailure) as caught:
        things.find_one({}, projection)
    assert caught.value.code == code
