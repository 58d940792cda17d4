"""How soon the overview of all mail is there, with a million events rolled up: `python -m benchmarks.analytics`.

Three apps, 100 campaigns of each, a month of days: about as many day rollups as a million events lead to. The overview
is asked of its operation, on the embedded database; the floor is a `ping` of the same database in the same run.
"""

import asyncio
import statistics
import sys
from datetime import timedelta
from random import Random
from typing import Any, Final

from bson import ObjectId

from benchmarks.timing import latencies
from core import clock
from core.actor import Actor
from core.days import day_of
from core.mongo import Mongo
from core.runtime import running, runtime
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.email_rollups import DayRollup, EmailCounts, RollupScope, SourceCounts
from resolvers.email_analytics import email_overview

APPS: Final = ("banners-all-over", "reviews-all-over", "upsells-all-over")
CAMPAIGNS, DAYS, ROUNDS = 100, 30, 200
EVENTS: Final = 1_000_000
SYSTEM: Final = Actor.system("benchmark")


async def main() -> None:
    with EmbeddedMongo() as database:
        async with running(Settings(log_level="ERROR"), database.url, DOCUMENTS):
            await _roll_up(Random(7))
            ping = await latencies(_ping, ROUNDS)
            for title, asked in (("of all apps", _of_all), ("of one app", _of_one)):
                took = await latencies(asked, ROUNDS)
                cuts = statistics.quantiles(took, n=100)
                ratio = statistics.median(took) / statistics.median(ping)
                sys.stdout.write(
                    f"overview {title:14} p50 {cuts[49]:7.2f} ms, p99 {cuts[98]:7.2f} ms, {ratio:6.1f} x ping\n"
                )


async def _ping() -> None:
    mongo: Mongo = runtime().mongo
    await mongo.client.admin.command("ping")


async def _of_all() -> Any:
    return await email_overview(SYSTEM)


async def _of_one() -> Any:
    return await email_overview(SYSTEM, app_id=APPS[0])


async def _roll_up(random: Random) -> None:
    today = day_of(clock.now())
    for app in APPS:
        await App(id=app, name=app, name_key=app).insert()
        for number in range(DAYS):
            day = today - timedelta(days=number)
            parts = [_rollup(random, app, day, ObjectId()) for _ in range(CAMPAIGNS)]
            await DayRollup.insert_many([*parts, _rollup(random, app, day, None)])


def _rollup(random: Random, app: str, day: Any, campaign: ObjectId | None) -> DayRollup:
    """A campaign's, or the app's own."""
    events = EVENTS // (len(APPS) * DAYS) // (CAMPAIGNS if campaign else 1)
    sent = events // 3
    named = f"campaign:{campaign}" if campaign else f"app:{app}"
    return DayRollup(
        id=f"{named}:{day:%Y-%m-%d}",
        scope=RollupScope.CAMPAIGN if campaign else RollupScope.APP,
        campaign_id=campaign,
        app_id=app,
        day=day,
        due_at=day,
        counted_at=day,
        counts=EmailCounts(queued=sent, sent=sent, delivered=sent, opened=random.randint(0, sent)),
        unique_opens=sent // 3,
        sources=[SourceCounts(source="resend", sent=sent, delivered=sent)],
    )


if __name__ == "__main__":
    asyncio.run(main())
