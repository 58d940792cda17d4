"""Logs as they come in. A batch is told of once, whatever is in it: who listens reads what they asked for."""

from collections.abc import AsyncIterator
from typing import Final

from core.access import STAFF, allow
from core.actor import Actor
from core.ids import object_id
from core.runtime import runtime
from models.logs import LogEntry
from resolvers.apps import visible_app
from resolvers.log_ingestion import topic_of
from resolvers.log_tallies import entries_of
from resolvers.logs import LogFilter

MOST: Final = 200
"""Of one batch: nobody can read more as it goes by. The newest are shown."""


@allow(STAFF)
async def watch_logs(actor: Actor, app_id: str, filters: LogFilter) -> AsyncIterator[LogEntry]:
    """Each entry of an app's logs that matches, from now on; of each batch that comes in at most the last 200."""
    await visible_app(actor, app_id)
    return _arriving(app_id, filters)


async def _arriving(app_id: str, filters: LogFilter) -> AsyncIterator[LogEntry]:
    async with runtime().topics.listen(topic_of(app_id)) as messages:
        async for message in messages:
            first = object_id(message["first"])
            if first is not None:
                query = {"$and": [filters.query(app_id), entries_of(first)]}
                newest = await LogEntry.find(query).sort("-_id").limit(MOST).to_list()
                for entry in reversed(newest):
                    yield entry
