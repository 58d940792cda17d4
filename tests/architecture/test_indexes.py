"""Every list has an index that it can be read by, whatever it is sorted or filtered by: from the first item asked for
to the last, in order, and within one app where the list is.

The lists are the connections among the root fields of GraphQL; REST reads the same slices. Each is asked for through
the interface, and the server explains what the driver then sent, index by index: which one it takes at run time depends
on the data.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final, NamedTuple

import pytest
import pytest_asyncio
from beanie import PydanticObjectId
from bson import Decimal128, ObjectId
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from httpx import AsyncClient
from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandStartedEvent

from core.actor import Role
from core.mongo import Mongo
from core.pages import Cursor, SortKey
from models.apps import App
from models.sequences import Sequence
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.databases import Listener, heard
from tests.factories.mail import a_campaign
from tests.factories.people import logged_in
from tests.factories.prospects import a_prospect
from tests.factories.tickets import a_ticket

APP: Final = "banners-all-over"
CAMPAIGN: Final = "5f5e100000000000000000ca"
TICKET: Final = "5f5e10000000000000000071"
PROSPECT: Final = "ada@example.com"
SEQUENCE: Final = "5f5e1000000000000000005e"
A_TIME: Final = "2026-01-31T09:00:00.000Z"
VALUES: Final[dict[str, Any]] = {
    "appId": APP,
    "authorEmail": "ada@example.com",
    "country": "GB",
    "domain": "tea-and-cakes.myshopify.com",
    "email": "ada@example.com",
    "shopDomain": "tea-and-cakes.myshopify.com",
    **dict.fromkeys(("campaignId", "assigneeId", "contactId", "deliveryId", "ownerId", "ticketId"), CAMPAIGN),
    "sequenceId": SEQUENCE,
}
"""Of filters that take more than any text."""
BY_MOMENT: Final = frozenset({"prospectActivity"})
"""Lists whose one order is that of moments."""
PARTS_OF_A_QUERY: Final = ("find", "filter", "sort", "skip", "limit")


class Reading(NamedTuple):
    """One way to ask for a list: sorted by a key (None: it has one order), filtered by nothing or one field, from its
    start or a cursor."""

    field: RootField
    key: SortKey | None
    reverse: bool
    filtered_by: str | None
    later: bool

    @property
    def name(self) -> str:
        order = ("-" if self.reverse else "") + (self.key.value if self.key else "its order")
        return f"{self.field.name} by {order}{' later' if self.later else ''} {self.filtered_by or ''}".strip()

    @property
    def variables(self) -> dict[str, Any]:
        given: dict[str, Any] = {"sortKey": self.key.name, "reverse": self.reverse} if self.key else {}
        if "appId" in self.field.field.args:
            given["appId"] = APP
        if "campaignId" in self.field.field.args:
            given["campaignId"] = CAMPAIGN
        if "ticketId" in self.field.field.args:
            given["ticketId"] = TICKET
        if "prospectId" in self.field.field.args:
            given["prospectId"] = PROSPECT
        if "sequenceId" in self.field.field.args:
            given["sequenceId"] = SEQUENCE
        if self.filtered_by:
            given["filter"] = {self.filtered_by: value_of(filters_of(self.field)[self.filtered_by], self.filtered_by)}
        if self.later:
            given["after"] = Cursor(sorted_value(self.field, self.key), ObjectId()).encode()
        return given


def connections() -> Iterator[RootField]:
    for field in root_fields(SCHEMA):
        returned = get_named_type(field.field.type)
        if isinstance(returned, GraphQLObjectType) and "nodes" in returned.fields:
            yield field


def keys_of(field: RootField) -> list[SortKey | None]:
    if "sortKey" not in field.field.args:
        return [None]
    keys = get_named_type(field.field.args["sortKey"].type)
    return list(keys.extensions["strawberry-definition"].wrapped_cls)


def filters_of(field: RootField) -> dict[str, Any]:
    filters = get_named_type(field.field.args["filter"].type) if "filter" in field.field.args else None
    return (
        {name: one.type for name, one in filters.fields.items()} if isinstance(filters, GraphQLInputObjectType) else {}
    )


def value_of(graphql_type: Any, name: str) -> Any:
    named = get_named_type(graphql_type)
    match named.name:
        case "Boolean":
            return True
        case "DateTime":
            return A_TIME
        case "Int":
            return 1
        case _ if isinstance(named, GraphQLEnumType):
            return next(iter(named.values))
        case _:
            return VALUES.get(name, "tea")


def sorted_value(field: RootField, key: SortKey | None) -> Any:
    """What a cursor of the list holds besides an id."""
    stored = key.stored if key else ""
    if stored.endswith("At") or field.name in BY_MOMENT:
        return datetime(2026, 1, 31, tzinfo=UTC)
    return Decimal128("40") if stored == "price" else "tea"


READINGS: Final = [
    Reading(field, key, reverse, filtered_by, later)
    for field in connections()
    for key, reverse, filtered_by, later in product(
        keys_of(field), (False, True), (None, *filters_of(field)), (False, True)
    )
    if key or not reverse
]


class Queries(Listener):
    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.found.append({part: event.command[part] for part in PARTS_OF_A_QUERY if part in event.command})


@pytest_asyncio.fixture(scope="module")
async def listened(mongo: Mongo, pytestconfig: pytest.Config) -> AsyncIterator[tuple[Mongo, Queries]]:
    """A second connection, whose queries are kept; the documents speak to it during this module."""
    queries = Queries()
    async with heard(mongo, pytestconfig, queries) as second:
        yield second, queries


def stages_of(plan: dict[str, Any]) -> list[str]:
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for one in inner for stage in stages_of(one))]


async def serves(mongo: Mongo, query: dict[str, Any], index: Mapping[str, Any]) -> bool:
    """Whether the index leads to the query's documents in their order."""
    if "appId" in str(query["filter"]) and next(iter(index["key"])) != "appId":
        return False
    try:
        explained = await mongo.database.command(
            {"explain": query | {"hint": index["name"]}, "verbosity": "queryPlanner"}
        )
    except OperationFailure:
        return False
    stages = stages_of(explained["queryPlanner"]["winningPlan"])
    return "IXSCAN" in stages and "SORT" not in stages


def query_for(asked: Reading) -> str:
    """Every argument has a variable."""
    arguments = {name: argument for name, argument in asked.field.field.args.items() if name in asked.variables}
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    call = f"{asked.field.name}({passed})" if passed else asked.field.name
    return f"query {f'({declared})' if declared else ''} {{ {call} {{ nodes {{ __typename }} }} }}"


@pytest.mark.parametrize("asked", READINGS, ids=lambda asked: asked.name)
async def test_a_list_has_an_index(asked: Reading, listened: tuple[Mongo, Queries], client: AsyncClient) -> None:
    mongo, queries = listened
    await App(id=APP, name="Banners All Over", name_key="banners all over").insert()
    await a_campaign(APP, id=ObjectId(CAMPAIGN))
    await a_ticket(APP, id=PydanticObjectId(TICKET), email=PROSPECT)
    await a_prospect(PROSPECT)
    await Sequence(id=ObjectId(SEQUENCE), name="Spring", name_key="spring", created_by="system:tests").insert()
    headers = await logged_in(Role.OWNER)
    queries.found.clear()
    body = {"query": query_for(asked), "variables": asked.variables}
    answer = (await client.post("/graphql", json=body, headers=headers)).json()
    assert "errors" not in answer, answer
    for query in queries.found:
        if "sort" in query:
            indexes = await (await mongo.database[query["find"]].list_indexes()).to_list()
            assert any([await serves(mongo, query, index) for index in indexes]), f"no index for {query}"
