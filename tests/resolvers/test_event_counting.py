"""Counting events: each once, whatever dies, however many count at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from core import clock
from models.app_events import AppEvent
from models.apps import App
from models.event_counts import EventCount
from models.shops import Shop
from resolvers import event_counting
from resolvers.event_counting import LONGEST_VALUE, MOST_PROPERTIES, MOST_VALUES, count_events
from resolvers.event_metrics import EventMetric
from resolvers.metric_rebuilds import rebuild_metrics
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.metrics import SYSTEM, metrics
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
TEA: Final = "tea.myshopify.com"
PUBLISHED: Final = "banner-published"


async def custom(*, name: str | None = None, of: str | None = None, **query: Any) -> list[EventMetric]:
    await count_all_events()
    return await (await metrics(APP, **query)).custom(name, of)


async def count_all_events() -> None:
    while await count_events(SYSTEM):
        pass


def values_of(metric: EventMetric) -> dict[str, int]:
    return {one.value: one.count for one in metric.values}


class TestCounting:
    async def test_is_by_name_and_day(self) -> None:
        await an_app(APP)
        for days in (0, 1, 1, 2):
            await an_event(APP, PUBLISHED, at=days_ago(days))
        await an_event(APP, "banner_clicked")
        published, clicked = await custom(days=4)
        assert (published.name, published.count, clicked.name, clicked.count) == (PUBLISHED, 4, "banner_clicked", 1)
        assert [(point.count, point.is_partial) for point in published.over_time] == [
            (0, False), (1, False), (2, False), (1, True),
        ]  # fmt: skip

    async def test_is_by_the_values_of_one_property(self) -> None:
        await an_app(APP)
        for days, data in (
            (0, {"kind": "bar", "size": 2}),
            (1, {"kind": "bar"}),
            (1, {"kind": "pop-up", "isNew": True}),
        ):
            await an_event(APP, PUBLISHED, at=days_ago(days), **data)
        (metric,) = await custom(name=PUBLISHED, of="kind", days=2)
        assert [(one.value, one.count, one.over_time) for one in metric.values] == [
            ("bar", 2, [1, 1]),
            ("pop-up", 1, [1, 0]),
        ]
        assert metric.properties == ["isNew", "kind", "size"]
        assert values_of((await custom(of="size"))[0]) == {"2": 1}
        assert values_of((await custom(of="isNew"))[0]) == {"true": 1}
        assert (await custom(of="colour"))[0].values == []

    async def test_goes_by_either_spelling_of_what_shops_follow(self) -> None:
        await an_app(APP)
        await an_event(APP, "app_installed", TEA)
        assert [one.count for one in await custom(name="app_installed")] == [1]

    async def test_counts_the_same_event_sent_twice_once(self) -> None:
        await an_app(APP)
        for _ in range(3):
            await an_event(APP, PUBLISHED, key="1")
        assert (await custom())[0].count == 1

    async def test_leaves_the_events_of_other_apps_and_days_alone(self) -> None:
        await an_app(APP)
        other = await an_app()
        await an_event(other.id, PUBLISHED)
        await an_event(APP, PUBLISHED, at=days_ago(40))
        assert await custom() == []
        assert (await custom(days=60))[0].count == 1


class TestValues:
    async def test_beyond_those_told_apart_are_others(self) -> None:
        await an_app(APP)
        for number in range(MOST_VALUES + 3):
            await an_event(APP, PUBLISHED, at=clock.now(), order=number)
        await an_event(APP, PUBLISHED, order=0)
        (metric,) = await custom(of="order", days=1)
        assert (len(metric.values), metric.values[0].count, metric.other) == (MOST_VALUES, 2, 3)

    async def test_over_several_days_the_most_frequent_are_told_apart(self) -> None:
        await an_app(APP)
        for number in range(2 * MOST_VALUES):
            await an_event(APP, PUBLISHED, at=days_ago(number % 4), order=number)
        for _ in range(2):
            await an_event(APP, PUBLISHED, order=99)
        (metric,) = await custom(of="order", days=5)
        assert (len(metric.values), metric.other) == (MOST_VALUES, MOST_VALUES)
        assert values_of(metric)["99"] == 3

    async def test_that_are_long_or_addresses_are_others(self) -> None:
        await an_app(APP)
        for value in ("x" * (LONGEST_VALUE + 1), "ada@example.com", "x" * LONGEST_VALUE):
            await an_event(APP, PUBLISHED, note=value)
        (metric,) = await custom(of="note")
        assert (values_of(metric), metric.other) == ({"x" * LONGEST_VALUE: 1}, 2)

    async def test_about_people_or_of_no_category_are_not_counted(self) -> None:
        await an_app(APP)
        await an_event(
            APP, PUBLISHED, First_Name="Ada", email="ada@x.example", tags=["a"], size={"x": 1}, gone=None, n=1
        )
        assert (await custom())[0].properties == ["n"]

    async def test_of_too_many_properties_are_those_that_came_first(self) -> None:
        await an_app(APP)
        many: dict[str, Any] = {f"p{number:02}": number for number in range(MOST_PROPERTIES)}
        await an_event(APP, PUBLISHED, **many)
        await an_event(APP, PUBLISHED, p00=0, late=1)
        assert (await custom())[0].properties == [*many]
        assert values_of((await custom(of="p00"))[0]) == {"0": 2}


class TestShops:
    async def test_were_seen_when_something_was_last_reported_of_them(self) -> None:
        await an_app(APP)
        shop = await a_shop(APP, TEA, at=days_ago(9))
        late, newest = await an_event(APP, PUBLISHED, TEA, at=days_ago(5)), await an_event(APP, PUBLISHED, TEA)
        await count_all_events()
        seen = await Shop.get(shop.id)
        assert seen is not None
        assert (seen.last_seen_at, seen.version) == (newest.occurred_at, shop.version)
        assert late.occurred_at < newest.occurred_at


STEPS: Final = some.lists(
    some.one_of(
        some.builds(lambda days, kind: (days, kind), some.integers(0, 2), some.sampled_from(["bar", "pop-up"])),
        some.builds(lambda writes, arrives: (writes, arrives), some.integers(0, 5), some.booleans()),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS, some.integers(1, 4))
async def test_no_death_lets_an_event_be_lost_or_counted_twice(steps: list[Any], batch: int) -> None:
    await an_app(APP)
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_counting, "BATCH", batch)
        for number, kind in steps:
            if isinstance(kind, str):
                await an_event(APP, PUBLISHED, at=days_ago(number), kind=kind)
                told.append(kind)
                continue
            with suppress(Killed), dying(number, last_arrives=kind):
                await count_all_events()
        found = await custom(of="kind", days=4)
    assert sum(one.count for one in found) == len(told)
    assert {value: count for one in found for value, count in values_of(one).items()} == {
        kind: told.count(kind) for kind in set(told)
    }
    for document in (App, AppEvent, EventCount):
        await document.delete_all()


async def test_many_who_count_at_once_count_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_counting, "BATCH", 7)
    await an_app(APP)

    async def tell() -> None:
        for _ in range(15):
            await an_event(APP, PUBLISHED)
            await count_events(SYSTEM)

    await asyncio.gather(*(tell() for _ in range(4)), *(count_all_events() for _ in range(4)))
    assert [one.count for one in await custom()] == [60]
    assert not await AppEvent.find({"uncounted": True}).count()


async def test_who_was_left_behind_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others counted the events after they were found, and more events since, which made the counts forget them."""
    await an_app(APP)
    await an_event(APP, PUBLISHED)
    known = event_counting._known

    async def late(*arguments: Any) -> Any:
        monkeypatch.undo()
        await count_all_events()
        await an_event(APP, PUBLISHED)
        await count_all_events()
        return await known(*arguments)

    monkeypatch.setattr(event_counting, "_known", late)
    await count_events(SYSTEM)
    assert [one.count for one in await custom()] == [2]


class TestRebuilding:
    async def test_gives_the_same_counts(self) -> None:
        await an_app(APP)
        for number in range(2 * MOST_VALUES):
            await an_event(APP, PUBLISHED, at=days_ago(number % 4), order=number, kind="bar")
        before = [await custom(of=one, days=5) for one in ("order", "kind")]
        await rebuild_metrics(SYSTEM)
        assert [await custom(of=one, days=5) for one in ("order", "kind")] == before

    async def test_makes_good_what_is_wrong(self) -> None:
        await an_app(APP)
        for kind in ("bar", "bar", "pop-up"):
            await an_event(APP, PUBLISHED, kind=kind)
        await count_all_events()
        await EventCount.find_all().update({"$set": {"events": 9, "properties": []}})
        await rebuild_metrics(SYSTEM)
        (metric,) = await custom(of="kind")
        assert (metric.count, values_of(metric)) == (3, {"bar": 2, "pop-up": 1})
        await EventCount.delete_all()
        await rebuild_metrics(SYSTEM)
        assert await custom(of="kind") == [metric]

    async def test_keeps_what_was_erased_or_deleted_since(self) -> None:
        await an_app(APP)
        await an_event(APP, PUBLISHED, kind="bar")
        await an_event(APP, PUBLISHED, at=days_ago(89.5), kind="bar")
        before = await custom(of="kind", days=100)
        await AppEvent.find({"occurredAt": {"$lt": days_ago(80)}}).delete()
        await AppEvent.find_all().update({"$set": {"data": {}}})
        await rebuild_metrics(SYSTEM)
        assert await custom(of="kind", days=100) == before

    async def test_leaves_to_the_counting_what_is_not_counted_yet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        await an_app(APP)
        await an_event(APP, PUBLISHED)
        with suppress(Killed), dying(1, last_arrives=True):
            await count_events(SYSTEM)
        await an_event(APP, PUBLISHED)
        with clock.shifted(timedelta(seconds=1)):
            await rebuild_metrics(SYSTEM)
        assert [one.count for one in await custom()] == [2]
