"""Why shops leave an app: what had happened to them in the thirty days before, and how much more often than to shops
that stayed.

A shop counts once, by its last uninstallation, if it did not come back. Whatever is looked for is looked for in the
same way, over the same days, for those that left and those that stayed.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.days import DAY
from models.shops import ChangeKind, Shop, ShopHistory
from resolvers.apps import visible_app
from resolvers.churn_arithmetic import Comparison, by_lift
from resolvers.churn_moments import Moment, matched, tolerance
from resolvers.churn_signals import SIGNALS, WINDOW, Signal
from resolvers.churn_sources import ChurnSignal, Sighting, Watched, read_stored
from resolvers.metric_periods import MetricsQuery, Period

MOST_DEPARTURES: Final = 1_000
MOST_THAT_STAYED: Final = 10_000
CHUNK: Final = 500
ERRORS_SHOWN: Final = 10
HISTORY: Final = (
    "domain",
    "trialEndsAt",
    *(f"history.{name}" for name in ("kind", "at", "by", "before", "after", "reason", "subscription")),
)


@dataclass(frozen=True, slots=True)
class ComparedSignal:
    signal: Signal
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ComparedError:
    """One error (by the id of its group) that shops met for the first time."""

    group_id: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Departure:
    """A shop that left. `before` is what happened in the time before, the latest first; `compared_with` counts the
    shops that stayed and were looked at for it."""

    app_id: str
    moment: Moment
    reason: str | None
    before: Sequence[Sighting]
    compared_with: int


@dataclass(frozen=True, slots=True)
class ChurnForensics:
    """`departures` are the latest first. It `is_sampled` where there were more shops than are looked at: the latest
    departures and installations then count alone."""

    period: Period
    departures: Sequence[Departure]
    stayed: int
    is_sampled: bool
    signals: Sequence[ComparedSignal]
    errors: Sequence[ComparedError]

    @property
    def compared(self) -> int:
        """Those that left and that a shop was found for which is comparable, and stayed."""
        return sum(one.compared_with > 0 for one in self.departures)


@allow(STAFF)
async def churn_forensics(actor: Actor, app_id: str, query: MetricsQuery) -> ChurnForensics:
    """What had happened to the shops that left an app in a period, compared with shops that stayed."""
    await visible_app(actor, app_id)
    period, now = query.period(), clock.now()
    left, is_cut = await _left(app_id, period)
    stayed, are_cut = await _stayed(app_id, period, left)
    pairs = matched(left, stayed)
    watch = _Watch(now=now)
    await watch.see(app_id, {one.domain: one for one in (*left, *(other for _, other in pairs))})
    so_many, others = Counter(one.domain for one, _ in pairs), [other for _, other in pairs]
    compared = [one for one in left if so_many[one.domain]]
    signals = [ComparedSignal(signal, watch.compared(signal, compared, others)) for signal in SIGNALS]
    signals.sort(key=lambda one: by_lift(one.comparison))
    departures = [watch.departure(app_id, one, so_many[one.domain]) for one in left]
    errors = watch.errors(compared, others)
    return ChurnForensics(period, departures, len(others), is_cut or are_cut, signals, errors)


async def _left(app_id: str, period: Period) -> tuple[list[Moment], bool]:
    """The latest first; and whether there were more."""
    gone = {"appId": app_id, "uninstalledAt": {"$gte": period.first, "$lt": period.last + DAY}, "isTest": False}
    found = await _shops(gone, "uninstalledAt", MOST_DEPARTURES)
    moments = [Moment(one["domain"], one["installedAt"], one["uninstalledAt"]) for one in found]
    return moments[:MOST_DEPARTURES], len(found) > MOST_DEPARTURES


async def _stayed(app_id: str, period: Period, left: Sequence[Moment]) -> tuple[list[tuple[datetime, str]], bool]:
    """When the shops installed it, and which, that may be compared with any that left."""
    if not left:
        return [], False
    first = min(one.installed_at - tolerance(one.age) for one in left)
    around = {"$gte": first, "$lt": max(one.at for one in left)}
    found = await _shops({"appId": app_id, "installedAt": around, "isTest": False}, "installedAt", MOST_THAT_STAYED)
    end = period.last + DAY
    stayed = [one for one in found[:MOST_THAT_STAYED] if (one["uninstalledAt"] or end) >= end]
    return [(one["installedAt"], one["domain"]) for one in stayed], len(found) > MOST_THAT_STAYED


async def _shops(query: Mapping[str, Any], latest_by: str, most: int) -> list[dict[str, Any]]:
    """One more than `most`, if there are more."""
    shown = {"domain": 1, "installedAt": 1, "uninstalledAt": 1}
    found = Shop.get_pymongo_collection().find(query, shown)
    return await found.sort([(latest_by, -1), ("_id", -1)]).limit(most + 1).to_list()


@dataclass(slots=True)
class _Watch:
    """What was seen of shops, each at its moment."""

    now: datetime
    seen: dict[tuple[ChurnSignal, str], list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[str, str | None] = field(default_factory=dict)

    async def see(self, app_id: str, moments: Mapping[str, Moment]) -> None:
        """Those whose moments are close together are read together, so that each reading is of a short time."""
        in_order = sorted(moments.values(), key=lambda one: (one.at, one.domain))
        for start in range(0, len(in_order), CHUNK):
            chunk = in_order[start : start + CHUNK]
            domains = {one.domain: one for one in chunk}
            shops = await read_stored(Shop, {"appId": app_id, "domain": {"$in": list(domains)}}, *HISTORY)
            histories = [ShopHistory.model_validate(one) for one in shops if _is_eventful(one, domains[one["domain"]])]
            since, until = chunk[0].at - WINDOW, chunk[-1].at
            watched = Watched(app_id, domains, histories, since, until, self.now)
            found = await asyncio.gather(*(read(watched) for read in {one.found_by: None for one in SIGNALS}))
            for sighting in (one for of_source in found for one in of_source):
                self.seen[sighting.signal, sighting.domain].append(sighting)
            self.reasons.update((one["domain"], _reason(one["history"])) for one in shops)

    def compared(self, signal: Signal, left: Iterable[Moment], stayed: Iterable[Moment]) -> Comparison:
        """Of the shops alone of which it is known."""
        known, others = self._known(signal, left), self._known(signal, stayed)
        return Comparison(
            sum(self._has(signal, one) for one in known),
            len(known),
            sum(self._has(signal, one) for one in others),
            len(others),
            signal.has_lift,
        )

    def errors(self, left: Iterable[Moment], stayed: Iterable[Moment]) -> list[ComparedError]:
        """Those that tell something, the clearest first."""
        signal = next(one for one in SIGNALS if one.name is ChurnSignal.NEW_ERROR)
        known, others = self._known(signal, left), self._known(signal, stayed)
        met, met_by_others = self._met(signal, known), self._met(signal, others)
        compared = [
            ComparedError(group, Comparison(met[group], len(known), met_by_others[group], len(others)))
            for group in sorted({*met, *met_by_others})
        ]
        telling = [one for one in compared if not one.comparison.is_too_few]
        return sorted(telling, key=lambda one: by_lift(one.comparison))[:ERRORS_SHOWN]

    def departure(self, app_id: str, moment: Moment, compared_with: int) -> Departure:
        before = [sighting for signal in SIGNALS for sighting in self._before(signal, moment)]
        latest_first = sorted(before, key=lambda one: one.at, reverse=True)
        return Departure(app_id, moment, self.reasons.get(moment.domain), latest_first, compared_with)

    def _known(self, signal: Signal, moments: Iterable[Moment]) -> list[Moment]:
        return [one for one in moments if signal.is_known(one, self.now)]

    def _has(self, signal: Signal, moment: Moment) -> bool:
        return bool(next(self._within(signal, moment), None)) is not signal.is_absence

    def _within(self, signal: Signal, moment: Moment) -> Iterator[Sighting]:
        begin = moment.at - signal.within
        return (one for one in self.seen.get((signal.name, moment.domain), ()) if begin <= one.at < moment.at)

    def _before(self, signal: Signal, moment: Moment) -> Iterable[Sighting]:
        """As it is told of one shop: an absence is one thing, from when on there was nothing."""
        if not signal.is_absence:
            return self._within(signal, moment)
        if not signal.is_known(moment, self.now) or not self._has(signal, moment):
            return ()
        return (Sighting(signal.name, moment.domain, moment.at - signal.within),)

    def _met(self, signal: Signal, moments: Iterable[Moment]) -> Counter[str]:
        """How many of them met each error."""
        return Counter(group for one in moments for group in {met.subject for met in self._within(signal, one)})


def _is_eventful(stored: Mapping[str, Any], moment: Moment) -> bool:
    """Whether the history says anything about the time before the moment: to read all of them costs the most."""
    trial_ends, changes = stored.get("trialEndsAt"), stored["history"]
    changed = (one["at"] for one in changes if one["kind"] == ChangeKind.PLAN_CHANGED)
    return any(moment.at - WINDOW <= at < moment.at for at in (*changed, *([trial_ends] if trial_ends else [])))


def _reason(history: Sequence[Mapping[str, Any]]) -> str | None:
    """That the shop gave when it left last."""
    left = (one for one in reversed(history) if one["kind"] == ChangeKind.UNINSTALLED)
    return next((one.get("reason") for one in left), None)
