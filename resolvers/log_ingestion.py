"""How logs come in: a batch at a time, each entry by itself right or refused."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from bson import ObjectId
from pydantic import Field

from core import clock
from core.access import ADMINS, allow
from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import Input
from core.runtime import runtime
from core.scopes import Scope
from models.apps import App
from models.logs import LogEntry
from resolvers.apps import visible_app
from resolvers.log_entries import LogReader
from resolvers.log_news import tell_of_errors
from resolvers.log_recounts import recount_groups, recount_hours
from resolvers.log_tallies import Batch, count_batch, counts_of, open_batch

MOST: Final = 1000
SHOWN: Final = 5
"""Problems that are named where no entry was right."""


class LogsIngest(Input):
    """Up to 1,000 entries, each with `level` and `message`."""

    entries: Annotated[list[Any], Field(min_length=1, max_length=MOST)]


@dataclass(frozen=True, slots=True)
class RefusedLog:
    """`index` is the entry's place in the batch, from 0; `field` is empty where the entry is no object."""

    index: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class IngestedLogs:
    accepted: int
    refused: Sequence[RefusedLog]


@allow(ADMINS, api_key=Scope.LOGS_WRITE)
async def ingest_logs(actor: Actor, app_id: str, data: LogsIngest) -> IngestedLogs:
    """Takes in what an app logged. Entries that are not right are refused one by one, with the reason; the others are
    kept. Where none is right, nothing is."""
    app = await visible_app(actor, app_id)
    batch = new_batch(app, clock.now())
    entries, refused = _read(batch, data.entries)
    if not entries:
        named = [f"entries.{one.index}.{one.field}".rstrip(".") for one in refused]
        sentences = [f"{name}: {one.message}" for name, one in zip(named, refused[:SHOWN], strict=False)]
        raise InvalidInput("; ".join(sentences), named[0])
    await keep_entries(batch, entries)
    return IngestedLogs(len(entries), refused)


def new_batch(app: App, now: datetime) -> Batch:
    """With ids that no other batch has: the second, and 40 random bits."""
    first = int(now.timestamp()).to_bytes(4, "big") + secrets.token_bytes(5) + bytes(3)
    return Batch(app.id, ObjectId(first), now, timedelta(days=app.log_days))


async def keep_entries(batch: Batch, entries: Sequence[dict[str, Any]]) -> None:
    """Stores entries, and counts them."""
    counts = counts_of(entries)
    new = await open_batch(batch, counts)
    await LogEntry.get_pymongo_collection().insert_many(entries, ordered=False)
    counted = await count_batch(batch, counts)
    if counted.missed_hours or counted.missed_groups:
        # Somebody took this process for dead, and counted what was stored by then.
        await recount_hours(batch.app_id, counted.missed_hours)
        await recount_groups(batch.app_id, counted.missed_groups)
    await runtime().topics.publish(topic_of(batch.app_id), {"first": str(batch.first)})
    await tell_of_errors(batch.app_id, new=new, regressed=counted.regressed)


def topic_of(app_id: str) -> str:
    """Where it is told that logs came in. Message: `first`, the first id of a batch."""
    return f"logs:{app_id}"


def _read(batch: Batch, sent: Sequence[Any]) -> tuple[list[dict[str, Any]], list[RefusedLog]]:
    reader = LogReader(batch.app_id, batch.at, batch.kept, batch.first.binary[:9])
    entries, refused = [], []
    for index, one in enumerate(sent):
        try:
            entries.append(reader.stored(index, one))
        except InvalidInput as error:
            refused.append(RefusedLog(index, error.field or "", _without_field(error)))
    return entries, refused


def _without_field(error: InvalidInput) -> str:
    return error.message.removeprefix(f"{error.field}: ") if error.field else error.message
