"""What is not done exactly as MongoDB does it is refused by name, with the way out."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import MaxKey, Regex
from pymongo import IndexModel, MongoClient
from pymongo.collation import Collation
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

Things = Collection[dict[str, Any]]

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"$where": "true"}, "$where"),
    ({"$expr": {"$eq": ["$a", 1]}}, "$expr"),
    ({"$text": {"$search": "a"}}, "$text"),
    ({"$jsonSchema": {}}, "$jsonSchema"),
    ({"a": {"$bitsAllSet": 1}}, "$bitsAllSet"),
    ({"a": {"$geoWithin": {}}}, "$geoWithin"),
    ({"a": {"$near": [0, 0]}}, "$near"),
    ({"a": {"$lt": MaxKey()}}, "MaxKey"),
    ({"a": Regex(r"\p{L}")}, r"\p"),
    ({"a": Regex(r"[[:alpha:]]")}, "POSIX"),
    ({"a": Regex(r"(?<name>a)")}, "(?<n"),
    ({"a": Regex("a{,3}")}, "{"),
    ({"a": Regex(r"[\w-z]")}, "dash"),
    ({"a": Regex(r"[+-\d]")}, "dash"),
    ({"a": {"$regex": "a", "$options": "u"}}, "'u'"),
]
UPDATES: list[tuple[Any, str]] = [
    ([{"$set": {"a": 1}}], "pipeline"),
    ({"$bit": {"a": {"and": 1}}}, "$bit"),
    ({"$set": {"a.$": 1}}, "positional operator $"),
    ({"$set": {"a.$x": 1}}, "$x"),
]
STAGES: list[tuple[dict[str, Any], str]] = [
    ({"$facet": {}}, "$facet"),
    ({"$bucket": {}}, "$bucket"),
    ({"$graphLookup": {}}, "$graphLookup"),
    ({"$merge": "x"}, "$merge"),
    ({"$out": "x"}, "$out"),
    ({"$unionWith": "x"}, "$unionWith"),
    ({"$lookup": {"from": "x", "let": {}, "pipeline": [], "as": "y"}}, "$lookup"),
    ({"$project": {"b": {"$map": {"input": "$a", "in": 1}}}}, "$map"),
    ({"$project": {"b": "$$NOW"}}, "$$NOW"),
    ({"$project": {"b": {"$dateToString": {"date": "$a", "timezone": "Europe/Berlin"}}}}, "timezone"),
    ({"$group": {"_id": 1, "n": {"$stdDevPop": "$a"}}}, "$stdDevPop"),
]
PROJECTIONS: list[tuple[dict[str, Any], str]] = [
    ({"a": "$b"}, "computed projection"),
    ({"a": {"$meta": "textScore"}}, "$meta"),
    ({"a.$": 1}, "a.$"),
]
INDEXES = [
    (IndexModel([("a", "text")]), "text"),
    (IndexModel([("a", "2dsphere")]), "2dsphere"),
    (IndexModel([("a", "hashed")]), "hashed"),
    (IndexModel([("$**", 1)]), "$**"),
    (IndexModel([("a", 1)], collation=Collation("de")), "collation"),
    (IndexModel([("a", 1)], hidden=True), "hidden"),
]
COMMANDS = [
    {"collStats": "things"},
    {"dbStats": 1},
    {"mapReduce": "things"},
    {"renameCollection": "a.b", "to": "a.c"},
    {"serverStatus": 1},
    {"getParameter": 1},
    {"validate": "things"},
]


def assert_refused(name: str, action: Callable[[], object]) -> None:
    with pytest.raises(OperationFailure) as caught:
        action()
    assert caught.value.code == 238
    assert name in str(caught.value)
    assert "is not supported by the embedded database: set MONGODB_URL" in str(caught.value)


@pytest.mark.parametrize(("query", "name"), FILTERS, ids=str)
def test_a_filter(things: Things, query: dict[str, Any], name: str) -> None:
    things.insert_one({"a": "a"})
    assert_refused(name, lambda: things.find_one(query))


@pytest.mark.parametrize(("update", "name"), UPDATES, ids=str)
def test_an_update(things: Things, update: Any, name: str) -> None:
    assert_refused(name, lambda: things.update_one({}, update))


@pytest.mark.parametrize(("stage", "name"), STAGES, ids=str)
def test_an_aggregation(things: Things, stage: dict[str, Any], name: str) -> None:
    assert_refused(name, lambda: list(things.aggregate([stage])))


@pytest.mark.parametrize(("projection", "name"), PROJECTIONS, ids=str)
def test_a_projection(things: Things, projection: dict[str, Any], name: str) -> None:
    assert_refused(name, lambda: things.find_one({}, projection))


@pytest.mark.parametrize(("index", "name"), INDEXES, ids=lambda value: str(getattr(value, "document", value)))
def test_an_index(things: Things, index: IndexModel, name: str) -> None:
    assert_refused(name, lambda: things.create_indexes([index]))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: next(iter(command)))
def test_a_command(things: Things, command: dict[str, Any]) -> None:
    assert_refused(f"command {next(iter(command))}", lambda: things.database.command(command))


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("collation", lambda things: list(things.find({}, collation=Collation("de")))),
        ("collation", lambda things: things.update_one({}, {"$set": {"a": 1}}, collation=Collation("de"))),
        ("noCursorTimeout", lambda things: list(things.find(no_cursor_timeout=True))),
        ("returnKey", lambda things: list(things.find({}, return_key=True))),
        ("min", lambda things: list(things.find().min([("_id", 1)]).hint("_id_"))),
        ("let", lambda things: things.update_one({}, {"$set": {"a": 1}}, let={"x": 1})),
        ("$natural", lambda things: list(things.find().sort("$natural", -1))),
        ("$changeStream", lambda things: things.watch()),
        ("validator", lambda things: things.database.create_collection("checked", validator={"a": 1})),
        ("capped", lambda things: things.database.create_collection("ring", capped=True, size=1000)),
        ("snapshot", lambda things: things.database.command("find", "things", readConcern={"level": "snapshot"})),
        ("an upsert with an $in", lambda things: things.update_one({"a": {"$in": [1]}}, {"$inc": {"n": 1}}, True)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # a function's own name differs in every process
)
def test_an_option(things: Things, name: str, action: Callable[[Things], object]) -> None:
    assert_refused(name, lambda: action(things))


def test_a_transaction(client: MongoClient[dict[str, Any]], things: Things) -> None:
    def insert() -> None:
        with client.start_session() as session, session.start_transaction():
            things.insert_one({}, session=session)

    assert_refused("a transaction", insert)


def test_a_hint_that_would_miss_documents(things: Things) -> None:
    things.create_index("a", sparse=True)
    assert_refused("a hint", lambda: list(things.find().hint("a_1")))


def test_what_is_no_command_at_all_is_not_found(things: Things) -> None:
    with pytest.raises(OperationFailure) as caught:
        things.database.command("nonsense")
    assert caught.value.code == 59
