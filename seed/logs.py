"""Thirty days of what the company's apps logged: routine, warnings, and errors that come, go and come back."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from core import clock
from core.inputs import iso
from models.apps import App
from models.log_tallies import ErrorGroup
from models.shops import Shop, ShopStatus
from resolvers.error_groups import ignore_error_group, resolve_error_group
from resolvers.log_entries import LogReader
from resolvers.log_ingestion import keep_entries, new_batch
from seed.catalog import APPS
from seed.histories import ACTOR

DAYS: Final = 30
ROUTINE: Final = 28
"""Entries of an app on a day that say that all is well."""
DAY: Final = timedelta(days=1)
LEAVES_FOR_IT: Final = 0.7
"""Of the shops that left while an error was about, so many had met it."""
SHIPPED_AFTER: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Line:
    """What is said again and again, with numbers in it."""

    level: str
    module: str
    message: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that happens from `first` to `last` days ago, so often a day, to so many shops."""

    app_id: str
    type: str
    message: str
    stack: str
    module: str
    first: int
    last: int
    daily: float
    shops: int
    level: str = "error"
    resolved: int | None = None
    """Days ago when somebody thought that it was over."""
    is_ignored: bool = False


BANNERS, REVIEWS, UPSELLS = (app.id for app in APPS)
LINES: Final = (
    Line("info", "webhooks", "Processed webhook products/update in {} ms", 6),
    Line("info", "sync", "Synchronised {} products with the shop", 5),
    Line("info", "http", "GET /api/settings answered 200 in {} ms", 7),
    Line("debug", "cache", "Cache hit for key settings, {} bytes", 4),
    Line("debug", "scheduler", "Next run in {} s", 2),
    Line("info", "billing", "Subscription checked, {} days left in the period", 1),
    Line("warn", "http", "Slow answer: GET /api/products took {} ms", 2),
    Line("warn", "webhooks", "Webhook arrived {} s late", 1),
)
TROUBLES: Final = (
    Trouble(
        BANNERS, "TypeError", "Cannot read properties of undefined (reading 'placement')",
        "TypeError: Cannot read properties of undefined (reading 'placement')\n"
        "    at renderBanner (/app/build/storefront/banner.8c1f2ab4.js:212:18)\n"
        "    at schedule (/app/build/storefront/schedule.8c1f2ab4.js:48:7)\n"
        "    at async Server.handle (/app/node_modules/fastify/lib/route.js:402:11)",
        "storefront", first=9, last=0, daily=17, shops=14,
    ),
    Trouble(
        BANNERS, "ShopifyApiError", "429 Too Many Requests: exceeded 2 calls per second for api client {}",
        "ShopifyApiError: 429 Too Many Requests\n    at request (/app/build/shopify/client.js:91:13)\n"
        "    at syncProducts (/app/build/sync/products.js:57:20)",
        "sync", first=30, last=0, daily=4, shops=9, level="warn", is_ignored=True,
    ),
    Trouble(
        BANNERS, "GeoLookupError", "No country for address 203.0.113.{}",
        "GeoLookupError: No country\n    at countryOf (/app/build/geo/lookup.js:33:11)",
        "geo", first=26, last=15, daily=3, shops=5, resolved=13,
    ),
    Trouble(
        REVIEWS, "ImageTooLargeError", "Photo of review {} has more than 20 megapixels",
        "ImageTooLargeError: too large\n    at resize (/app/build/photos/resize.js:71:9)\n"
        "    at attachPhoto (/app/build/reviews/photos.js:120:5)",
        "photos", first=22, last=1, daily=2, shops=11,
    ),
    Trouble(
        REVIEWS, "ConnectionError", "connect ETIMEDOUT 198.51.100.{}:443",
        "ConnectionError: connect ETIMEDOUT\n    at post (/app/build/mail/client.js:44:15)\n"
        "    at sendRequest (/app/build/requests/send.js:88:7)",
        "requests", first=24, last=3, daily=2, shops=16, resolved=12,
    ),
    Trouble(
        UPSELLS, "ZeroDivisionError", "division by zero",
        'Traceback (most recent call last):\n  File "/srv/upsells/offers/ranking.py", line 41, in rank\n'
        '    return score(offer)\n  File "/srv/upsells/offers/ranking.py", line 77, in score\n'
        "    return accepted / shown\nZeroDivisionError: division by zero",
        "offers", first=6, last=0, daily=6, shops=7,
    ),
)  # fmt: skip


async def write_logs(random: Random, shops: Sequence[Shop], now: datetime) -> int:
    """Comes in day by day, as it once did; what was decided about errors was decided on its day. Returns how many
    entries there are."""
    entries: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for app in APPS:
        for days_ago in range(DAYS - 1, -1, -1):
            entries[days_ago, app.id] += _routine(random, _having(shops, app.id), now - days_ago * DAY)
    for trouble in TROUBLES:
        hit = _paying_first(random, _having(shops, trouble.app_id))[: trouble.shops]
        for days_ago in range(min(trouble.first, DAYS - 1), trouble.last - 1, -1):
            entries[days_ago, trouble.app_id] += _errors(random, trouble, hit, now - days_ago * DAY)
        for shop, until in _left_over(random, trouble, shops, now):
            entries[(now - until) // DAY, trouble.app_id] += _errors(random, trouble, [shop], until)
    apps = {app.id: app for app in await App.find_all().to_list()}
    for days_ago in range(DAYS - 1, -1, -1):
        for app_id, app in apps.items():
            await _take_in(app, entries[days_ago, app_id], now - days_ago * DAY)
        await _decide(days_ago)
    return sum(map(len, entries.values()))


async def _take_in(app: App, sent: Sequence[dict[str, Any]], until: datetime) -> None:
    batch = new_batch(app, until)
    reader = LogReader(app.id, until, batch.kept, batch.first.binary[:9])
    stored = [reader.stored(number, entry) for number, entry in enumerate(sent)]
    for entry in stored:
        entry["receivedAt"] = entry["createdAt"] + SHIPPED_AFTER
    await keep_entries(batch, stored)


async def _decide(days_ago: int) -> None:
    with clock.shifted(-days_ago * DAY):
        for trouble in TROUBLES:
            named = {"appId": trouble.app_id, "type": trouble.type}
            if trouble.resolved == days_ago and (group := await ErrorGroup.find_one(named)):
                await resolve_error_group(ACTOR, trouble.app_id, group.fingerprint)
            if trouble.is_ignored and days_ago == DAYS - 3 and (group := await ErrorGroup.find_one(named)):
                await ignore_error_group(ACTOR, trouble.app_id, group.fingerprint)


def _routine(random: Random, shops: Sequence[Shop], until: datetime) -> Iterator[dict[str, Any]]:
    weights = [line.weight for line in LINES]
    for line in random.choices(LINES, weights, k=ROUTINE):
        yield {
            "level": line.level,
            "module": line.module,
            "message": line.message.format(random.randint(3, 4000)),
            "shopDomain": random.choice(shops).domain if random.random() < 0.8 else None,
            "timestamp": iso(until - random.random() * DAY),
            "requestId": f"{random.getrandbits(48):012x}",
        }


def _errors(random: Random, trouble: Trouble, shops: Sequence[Shop], until: datetime) -> Iterator[dict[str, Any]]:
    for _ in range(int(trouble.daily * random.uniform(0.5, 1.5) + random.random())):
        number = random.randint(1, 250)
        yield {
            "level": trouble.level,
            "module": trouble.module,
            "message": f"{trouble.type} in {trouble.module}",
            "shopDomain": random.choice(shops).domain,
            "data": {"attempt": random.randint(1, 3), "release": "2026.5"},
            "error": {
                "name": trouble.type,
                "type": trouble.type,
                "message": trouble.message.format(number),
                "stack": trouble.stack,
            },
            "timestamp": iso(until - random.random() * DAY),
            "requestId": f"{random.getrandbits(48):012x}",
        }


def _left_over(
    random: Random, trouble: Trouble, shops: Sequence[Shop], now: datetime
) -> Iterator[tuple[Shop, datetime]]:
    """The shops that met the error and left soon after, and until when they met it."""
    for shop in shops:
        if trouble.level != "error" or shop.app_id != trouble.app_id or shop.uninstalled_at is None:
            continue
        until = shop.uninstalled_at - random.uniform(0.1, 3) * DAY
        is_then = trouble.last <= (now - until) // DAY < min(trouble.first, DAYS)
        if is_then and shop.installed_at < until - DAY and random.random() < LEAVES_FOR_IT:
            yield shop, until


def _having(shops: Sequence[Shop], app_id: str) -> list[Shop]:
    return [shop for shop in shops if shop.app_id == app_id and shop.status is ShopStatus.ACTIVE]


def _paying_first(random: Random, shops: Sequence[Shop]) -> list[Shop]:
    """Those that use an app most pay for it, and run into what is wrong with it."""
    now = clock.now()
    return sorted(random.sample(shops, len(shops)), key=lambda shop: not shop.monthly_revenue(now))
