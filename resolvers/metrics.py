"""How the apps are doing, by the day: shops, revenue, churn, trials. Read from rollups that the workers maintain, which
equal a count of all shops as they stood at the end of each day."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from core.access import STAFF, allow
from core.actor import Actor
from core.days import month_of
from core.errors import InvalidInput
from models.apps import App
from resolvers import shop_activity
from resolvers.apps import unknown_app
from resolvers.event_effects import canonical
from resolvers.event_metrics import EventMetric, event_metrics
from resolvers.metric_flows import Flows, Series, read_flows
from resolvers.metric_periods import MetricsQuery, Period, week_of
from resolvers.metric_revenue import Churn, Ledger, Movements, Revenue
from resolvers.metric_rollups import TOP_KEPT
from resolvers.metric_shops import Cohort, ShopNumbers, Trials, cohorts, read_cohorts, shop_numbers, trials
from resolvers.shop_activity import ShopActivity, TopShop, TopShopsBy

WITHIN_DAYS: Final = 30
MOST_WITHIN_DAYS: Final = 365
MOST_LISTED: Final = TOP_KEPT
MOST_APPS: Final = 100


class Metrics:
    """Of one app, or of several; what is not asked for is not read. The apps of one call share what was read."""

    def __init__(self, apps: Sequence[App], period: Period, source: "_Source", *, are_all: bool) -> None:
        self.apps = apps
        self.period = period
        self._source = source
        self._are_all = are_all
        self._kept: Series | None = None

    @property
    def app(self) -> App | None:
        """Null where they are of several."""
        return self.apps[0] if len(self.apps) == 1 and not self._are_all else None

    @property
    def by_app(self) -> list["Metrics"]:
        return [Metrics([app], self.period, self._source, are_all=False) for app in self.apps]

    async def shops(self) -> ShopNumbers:
        return shop_numbers(await self._series())

    async def revenue(self) -> list[Revenue]:
        """By currency: the one that most shops pay in comes first."""
        return Ledger(await self._series()).revenue()

    async def movements(self) -> list[Movements]:
        return Ledger(await self._series()).movements()

    async def churn(self) -> list[Churn]:
        return Ledger(await self._series()).churn()

    async def trials(self, within_days: int = WITHIN_DAYS) -> Trials:
        """How many trials led to revenue within so many days of their start."""
        if not 1 <= within_days <= MOST_WITHIN_DAYS:
            raise InvalidInput(f"withinDays must be between 1 and {MOST_WITHIN_DAYS}", "withinDays")
        return trials(await self._series(), within_days)

    async def cohorts(self) -> list[Cohort]:
        """The shops that came in each month of the period, and how many of them are left."""
        return cohorts(await read_cohorts(self._app_ids, self.period), self.period)

    async def top_shops(
        self, first: int = 10, by: TopShopsBy = TopShopsBy.REVENUE, currency: str | None = None
    ) -> list[TopShop]:
        """Now. By revenue in one currency: where none is given, the one that most shops pay in."""
        _check_first(first)
        if by is TopShopsBy.LAST_SEEN:
            return await shop_activity.shops_seen_last(self._app_ids, first)
        if currency is None:
            currency = next(iter(Ledger(await self._series()).currencies), None)
        if currency is None:
            return []
        return await shop_activity.shops_by_revenue(self._app_ids, currency, first, are_all=self._are_all)

    async def activity(self, first: int = 20) -> list[ShopActivity]:
        """What happened to shops last, the newest first."""
        _check_first(first)
        return await shop_activity.shop_activity(self._app_ids, first)

    async def custom(
        self, name: str | None = None, property_name: str | None = None, first: int = 20
    ) -> list[EventMetric]:
        """The events that the apps' backends reported, counted by name, and by the values of one property."""
        _check_first(first)
        known = canonical(name) if name is not None else None
        return await event_metrics(self._app_ids, self.period, known, property_name, first)

    @property
    def _app_ids(self) -> list[str]:
        return [app.id for app in self.apps]

    async def _series(self) -> Series:
        by_app = await self._source.flows()
        if self._kept is None:
            self._kept = Series(Flows.together(by_app[app.id] for app in self.apps), self.period)
        return self._kept


class _Source:
    """What several metrics are read from at once, when the first of them is asked for anything."""

    def __init__(self, app_ids: Sequence[str], period: Period) -> None:
        self._app_ids = app_ids
        self._first = min(period.first, month_of(period.last), week_of(period.last))
        self._last = period.last
        self._reading: asyncio.Task[Mapping[str, Flows]] | None = None

    async def flows(self) -> Mapping[str, Flows]:
        if self._reading is None:
            self._reading = asyncio.ensure_future(read_flows(self._app_ids, self._first, self._last))
        return await self._reading


@allow(STAFF)
async def get_metrics(actor: Actor, query: MetricsQuery, app_ids: Sequence[str] | None = None) -> Metrics:
    """How apps are doing: all of them, or some; per UTC day, week or month of a period."""
    period = query.period()
    if app_ids is None:
        apps = await App.find_all().sort("nameKey", "_id").to_list()
    else:
        apps = await _named(app_ids)
    return metrics_of(apps, period, are_all=app_ids is None)


def metrics_of(apps: Sequence[App], period: Period, *, are_all: bool = False) -> Metrics:
    return Metrics(apps, period, _Source([app.id for app in apps], period), are_all=are_all)


async def _named(app_ids: Sequence[str]) -> list[App]:
    if not 1 <= len(app_ids) <= MOST_APPS:
        raise InvalidInput(f"appIds must name 1 to {MOST_APPS} apps", "appIds")
    found = {app.id: app for app in await App.find({"_id": {"$in": [*app_ids]}}).to_list()}
    if found.keys() != set(app_ids):
        raise unknown_app()
    return [found[app_id] for app_id in dict.fromkeys(app_ids)]


def _check_first(first: int) -> None:
    if not 1 <= first <= MOST_LISTED:
        raise InvalidInput(f"first must be between 1 and {MOST_LISTED}", "first")
