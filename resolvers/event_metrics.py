"""How often the apps' backends reported what, over time, and by the values of one property."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.event_counts import EventCount
from resolvers.event_counting import MOST_VALUES
from resolvers.metric_periods import Period, Span

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventPoint:
    since: str
    until: str
    is_partial: bool
    count: int


@dataclass(frozen=True, slots=True)
class EventValue:
    """`over_time` has a count for each point of the event's `over_time`."""

    value: str
    count: int
    over_time: Sequence[int]


@dataclass(frozen=True, slots=True)
class EventMetric:
    """Of the events of one name. `values` are those of one property, the most frequent first, where one was asked for;
    `other` is how often it had a value beyond those that are told apart: 50 a day and 50 in all, no long texts and no
    addresses. `properties` are the names that can be asked for."""

    name: str
    count: int
    over_time: Sequence[EventPoint]
    properties: Sequence[str]
    values: Sequence[EventValue]
    other: int


async def event_metrics(
    app_ids: Collection[str], period: Period, name: str | None, property_name: str | None, first: int
) -> list[EventMetric]:
    """The most frequent events first."""
    which: dict[str, Any] = {"appId": {"$in": [*app_ids]}, "day": {"$gte": period.first, "$lte": period.last}}
    if name is not None:
        which["name"] = name
    counted = f"properties{'' if property_name else '.name'}"
    shown = {"_id": 0, "name": 1, "day": 1, "events": 1, counted: 1}
    by_name: dict[str, list[Row]] = {}
    async for row in EventCount.get_pymongo_collection().find(which, shown):
        by_name.setdefault(row["name"], []).append(row)
    totals = {one: sum(row["events"] for row in rows) for one, rows in by_name.items()}
    names = sorted(totals, key=lambda one: (-totals[one], one))[:first]
    spans = list(period.spans())
    return [_metric(one, by_name[one], spans, property_name) for one in names]


def _metric(name: str, rows: Sequence[Row], spans: Sequence[Span], property_name: str | None) -> EventMetric:
    starts = [span.first for span in spans]
    counts: Counter[int] = Counter()
    of_values: Counter[str] = Counter()
    by_span: dict[str, Counter[int]] = {}
    properties: set[str] = set()
    total_of_property = 0
    for row in rows:
        number = bisect_right(starts, row["day"]) - 1
        counts[number] += row["events"]
        properties.update(one["name"] for one in row["properties"])
        for value, count in _values(row, property_name):
            total_of_property += count
            if value is not None:
                of_values[value] += count
                by_span.setdefault(value, Counter())[number] += count
    shown = sorted(of_values.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
    every = range(len(spans))
    points = [EventPoint(spans[one].since, spans[one].until, spans[one].is_partial, counts[one]) for one in every]
    values = [EventValue(value, count, [by_span[value][one] for one in every]) for value, count in shown]
    other = total_of_property - sum(count for _, count in shown)
    return EventMetric(name, counts.total(), points, sorted(properties), values, other)


def _values(row: Row, property_name: str | None) -> Iterable[tuple[str | None, int]]:
    """With None for those that are not told apart."""
    for one in row["properties"]:
        if property_name is not None and one["name"] == property_name:
            yield from ((value["value"], value["count"]) for value in one["values"])
            yield None, one["other"]
