"""The libraries that the platform uses: Beanie on the asynchronous driver, and GridFS."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import pytest
from beanie import DecimalAnnotation, Document, Indexed, PydanticObjectId, init_beanie
from beanie.odm.operators.update.general import Inc, Set
from gridfs import AsyncGridFSBucket, NoFile
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, AsyncMongoClient, IndexModel, MongoClient
from pymongo.errors import DuplicateKeyError


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Message(BaseModel):
    text: str
    at: datetime


class Ticket(Document):
    number: Annotated[int, Indexed(unique=True)]
    status: Status = Status.OPEN
    shop: PydanticObjectId
    price: DecimalAnnotation = Decimal(0)
    created_at: datetime
    messages: list[Message] = Field(default_factory=list)
    replies: int = 0

    class Settings:
        name = "tickets"
        indexes = [IndexModel([("shop", ASCENDING), ("created_at", DESCENDING)])]  # noqa: RUF012  Beanie's way


NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
async def asynchronous(client: MongoClient[dict[str, Any]]) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    assert client.address
    host, port = client.address
    async with AsyncMongoClient[dict[str, Any]](host, port, tz_aware=True) as connected:
        await connected.drop_database("beanie")
        await init_beanie(database=connected["beanie"], document_models=[Ticket])
        yield connected


def ticket(number: int, **fields: Any) -> Ticket:
    return Ticket(number=number, shop=PydanticObjectId(), created_at=NOW, **fields)


async def test_a_document_comes_back_as_it_was(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    saved = await ticket(1, price=Decimal("19.90"), messages=[Message(text="Help", at=NOW)]).insert()
    assert saved.id
    found = await Ticket.get(saved.id)
    assert found == saved
    assert found.created_at == NOW
    assert found.price == Decimal("19.90")
    assert await Ticket.find_one(Ticket.shop == saved.shop, Ticket.status == Status.OPEN) == saved


async def test_a_document_is_changed_counted_and_deleted(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    saved = await ticket(1).insert()
    await saved.set({Ticket.status: Status.CLOSED})
    saved.replies = 5
    await saved.save()
    assert await Ticket.find(Ticket.status == Status.CLOSED, {"replies": 5}).count() == 1
    await saved.delete()
    assert await Ticket.count() == 0


async def test_a_unique_field_is_unique(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    await ticket(1).insert()
    with pytest.raises(DuplicateKeyError):
        await ticket(1).insert()


async def test_an_upsert_counts_up(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    for _ in range(3):
        await Ticket.find_one(Ticket.number == 7).upsert(Inc({Ticket.replies: 1}), on_insert=ticket(7, replies=1))  # type: ignore[no-untyped-call]  # Beanie has no annotations here
    found = await Ticket.find_one(Ticket.number == 7)
    assert found
    assert found.replies == 3


async def test_lists_are_sorted_cut_and_aggregated(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    await Ticket.insert_many([ticket(number, replies=number % 2) for number in range(10)])
    page = await Ticket.find(Ticket.replies == 1).sort("-number").skip(1).limit(2).to_list()
    assert [found.number for found in page] == [7, 5]
    await Ticket.find(Ticket.number > 7).update(Set({Ticket.status: Status.CLOSED}))  # type: ignore[no-untyped-call]  # Beanie has no annotations here
    groups = await Ticket.aggregate(
        [{"$group": {"_id": "$status", "count": {"$sum": 1}}}, {"$sort": {"_id": 1}}]
    ).to_list()
    assert groups == [{"_id": "closed", "count": 2}, {"_id": "open", "count": 8}]


async def test_writes_at_the_same_time_are_all_done(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    counters = asynchronous["beanie"]["counters"]
    await counters.insert_one({"_id": 1, "n": 0})
    await asyncio.gather(*(counters.update_one({"_id": 1}, {"$inc": {"n": 1}}) for _ in range(200)))
    assert await counters.find_one() == {"_id": 1, "n": 200}


async def test_files_in_gridfs(asynchronous: AsyncMongoClient[dict[str, Any]]) -> None:
    bucket = AsyncGridFSBucket(asynchronous["beanie"])
    content = bytes(range(256)) * 4000
    identifier = await bucket.upload_from_stream("logo.png", content, metadata={"kind": "image"})
    stream = await bucket.open_download_stream(identifier)
    assert await stream.read() == content
    assert stream.metadata == {"kind": "image"}
    assert [found.filename async for found in bucket.find({"filename": "logo.png"})] == ["logo.png"]
    await bucket.delete(identifier)
    with pytest.raises(NoFile):
        await bucket.open_download_stream(identifier)
