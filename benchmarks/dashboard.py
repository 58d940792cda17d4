"""How soon the dashboard of all apps is there, with 100,000 shops and two years of days, and how long it takes to count
them anew: `python -m benchmarks.dashboard`, or with another number of shops behind it.

Three apps; each shop was installed at some time of two years, tries a plan, and pays, changes its plan or leaves.
Metrics are rebuilt from the shops, and the dashboard is asked for over REST and GraphQL, as a client does, of the
application in this process on the embedded database. The floor is a `ping` of the same database in the same run.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import orjson
from beanie import PydanticObjectId
from beanie.odm.utils.dump import get_dict
from bson import ObjectId
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from app import create_app
from benchmarks.timing import latencies
from core import clock, event_loop, logs
from core.actor import Actor, Role
from core.runtime import running, runtime
from core.settings import Settings
from core.tokens import Audience
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.apps import App
from models.metrics import MetricRollup
from models.plans import Plan
from models.shops import Change, ChangeKind, Shop, SubscriptionStatus
from models.users import User
from resolvers.event_effects import subscription_to
from resolvers.metric_rebuilds import rebuild_metrics
from resolvers.shop_changes import replayed

APPS: Final = ("banners-all-over", "reviews-all-over", "upsells-all-over")
PRICES: Final = {"free": "0", "growth": "9.99", "pro": "29", "unlimited": "79"}
SHOPS, DAYS, BATCH, ROUNDS = 100_000, 730, 2_000, 200
SAMPLES: Final = 1_000
"""Lives that are lived by the platform's own functions; shops share them, each at its own time."""
PLAN_IDS: Final = {handle: PydanticObjectId() for handle in PRICES}
JSON: Final = {"Content-Type": "application/json"}
SYSTEM: Final = Actor.system("benchmark")
SETTINGS: Final = Settings(
    secret_key=SecretStr("a secret of the benchmarks, 32 characters"), requests_per_minute=10**9, log_level="ERROR"
)
QUERY: Final = """query Dashboard($days: Int, $interval: MetricsInterval!) {
  metrics(days: $days, interval: $interval) {
    shops { total active inactive newToday newThisWeek newThisMonth byPlan { plan count }
      overTime { from total active new left } }
    revenue { currencyCode mrr payingShops arpu ltv overTime { from mrr } }
    movements { total { new expansion contraction churn reactivation quickRatio }
      overTime { from new expansion contraction churn reactivation } }
    churn { total { logoRate grossRevenueRate netRevenueRate } }
    trials { total { started converted rate } }
    topShops(first: 10) { domain name monthlyRevenue { amount } }
    activity(first: 10) { type at shop { domain } }
    byApp { app { id name } shops { total newToday } revenue { mrr } }
  }
}"""


async def main(shops: int) -> None:
    logs.configure(SETTINGS)
    with EmbeddedMongo() as database:
        async with running(SETTINGS, database.url, DOCUMENTS):
            headers = await _company(Random(7), shops)
            started = time.perf_counter()
            rebuilt = await rebuild_metrics(SYSTEM)
            seconds = time.perf_counter() - started
            rollups = await MetricRollup.find_all().count()
            sys.stdout.write(
                f"rebuild  {rebuilt.shops:,} shops, {rollups:,} rollups in {seconds:.1f} s, "
                f"{rebuilt.shops / seconds:,.0f} shops/s\n"
            )
            ping = await latencies(_ping, ROUNDS)
            transport = ASGITransport(create_app(SETTINGS, database.url))
            event_loop.settled()  # as the server does when it is ready
            async with AsyncClient(transport=transport, base_url="http://benchmark", headers=headers) as client:
                for title, ask in _questions(client):
                    _report(title, await latencies(ask, ROUNDS), ping)


def _questions(client: AsyncClient) -> Iterator[tuple[str, Callable[[], Awaitable[Any]]]]:
    async def get(path: str) -> None:
        (await client.get(path)).raise_for_status()

    async def post(days: int, interval: str) -> None:
        body = {"query": QUERY, "variables": {"days": days, "interval": interval}}
        answer = (await client.post("/graphql", content=orjson.dumps(body), headers=JSON)).raise_for_status()
        if b'"errors"' in answer.content:
            raise RuntimeError(answer.text[:500])

    yield "REST, 30 days", lambda: get("/metrics/aggregate/dashboard")
    yield "REST, two years", lambda: get(f"/metrics/aggregate/dashboard?days={DAYS}")
    yield "GraphQL, 30 days", lambda: post(30, "DAY")
    yield "GraphQL, two years by week", lambda: post(DAYS, "WEEK")
    yield "GraphQL, two years by day", lambda: post(DAYS, "DAY")


def _report(title: str, latencies: list[float], ping: list[float]) -> None:
    cuts = statistics.quantiles(latencies, n=100)
    ratio = statistics.median(latencies) / statistics.median(ping)
    sys.stdout.write(f"{title:27} p50 {cuts[49]:7.2f} ms, p99 {cuts[98]:7.2f} ms, {ratio:6.1f} x ping\n")


async def _ping() -> None:
    await runtime().mongo.client.admin.command("ping")


async def _company(random: Random, number_of_shops: int) -> dict[str, str]:
    """What an owner calls with."""
    user = User(email="o@example.com", email_key="o@example.com", role=Role.OWNER, password_hash="-", first_name="O")
    await user.insert()
    for app_id in APPS:
        await App(id=app_id, name=app_id, name_key=app_id).insert()
    now = clock.now()
    samples = [_sample(random, APPS[number % len(APPS)], now) for number in range(SAMPLES)]
    shops = Shop.get_pymongo_collection()
    for start in range(0, number_of_shops, BATCH):
        numbers = range(start, min(start + BATCH, number_of_shops))
        await shops.insert_many([_alike(samples[number % SAMPLES], number, random) for number in numbers])
    token = runtime().tokens.issue(Audience.STAFF, str(user.id), version=user.token_version)
    return {"Authorization": f"Bearer {token}"}


def _sample(random: Random, app_id: str, now: datetime) -> dict[str, Any]:
    """A shop, as it is stored."""
    changes = list(_life(random, app_id, now - timedelta(days=random.uniform(1, DAYS)), now))
    standing, history = replayed(changes)
    if standing is None:
        raise RuntimeError("a life begins with an install")
    shop = Shop(app_id=app_id, domain="", history=history, **standing.fields())
    stored: dict[str, Any] = get_dict(shop, to_db=True, keep_nulls=True)
    return stored


def _life(random: Random, app_id: str, at: datetime, now: datetime) -> Iterator[Change]:
    yield _change(ChangeKind.INSTALLED, at)
    while (at := at + timedelta(days=random.expovariate(1 / 120))) < now:
        chance = random.random()
        if chance < 0.3:
            yield _change(ChangeKind.UNINSTALLED, at)
            if random.random() < 0.8:
                return
            at = min(at + timedelta(days=9), now)
            yield _change(ChangeKind.INSTALLED, at)
        else:
            status = SubscriptionStatus.FROZEN if chance > 0.95 else SubscriptionStatus.ACTIVE
            subscription = subscription_to(_plan(app_id, random.choice([*PRICES])), status, since=at)
            yield _change(ChangeKind.PLAN_CHANGED, at).model_copy(update={"subscription": subscription})


def _plan(app_id: str, handle: str) -> Plan:
    names = {"handle": handle, "name": handle, "name_key": handle}
    return Plan(id=PLAN_IDS[handle], app_id=app_id, price=Decimal(PRICES[handle]), trial_days=14, **names)


def _change(kind: ChangeKind, at: datetime) -> Change:
    return Change(kind=kind, at=at.replace(microsecond=0), by="system:benchmark")


def _alike(sample: dict[str, Any], number: int, random: Random) -> dict[str, Any]:
    """Another shop with the same life, up to a day earlier."""
    earlier = timedelta(seconds=random.randint(0, 86_400))
    domain = f"shop-{number}.myshopify.com"
    moved: dict[str, Any] = _moved(sample, earlier)
    return moved | {"_id": ObjectId(), "domain": domain, "name": domain, "nameKey": domain}


def _moved(value: Any, earlier: timedelta) -> Any:
    if isinstance(value, datetime):
        return value - earlier
    if isinstance(value, dict):
        return {name: _moved(item, earlier) for name, item in value.items()}
    return [_moved(item, earlier) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else SHOPS))
