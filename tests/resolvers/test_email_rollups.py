"""Counting mail: whatever order events come in, and whenever a process dies, the rollups equal a recount of the events
in plain Python."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import Actor
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEvent, EmailEventType
from models.email_rollups import ContactRollup, DayRollup, RollupScope
from resolvers.email_events import event_about, record_events
from resolvers.email_rollups import CLAIMED, recount_due
from resolvers.rollup_rebuilds import rebuild_rollups
from tasks.rollups import apply_all
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
READ: Final = {EmailEventType.OPENED, EmailEventType.CLICKED}
LATER: Final = timedelta(hours=2)
"""When no rollup is left alone any more because it was just counted."""


async def apply_everything() -> None:
    """As the workers do, in the end."""
    await apply_all()
    with clock.shifted(LATER):
        while await recount_due(SYSTEM):
            pass


Counts = dict[str, Any]


async def rollups() -> Mapping[str, Counts]:
    """What is counted, without zeros."""
    found: dict[str, Counts] = {}
    for day in await DayRollup.find_all().to_list():
        sources = {source.source: source.model_dump(exclude={"source"}) for source in day.sources}
        numbers = day.counts.model_dump() | {"unique_opens": day.unique_opens, "unique_clicks": day.unique_clicks}
        links = {} if day.scope is RollupScope.APP else {"links": {link.url: link.clicks for link in day.links}}
        found[day.id] = {name: number for name, number in numbers.items() if number} | {"sources": sources} | links
    for contact in await ContactRollup.find_all().to_list():
        found[f"contact:{contact.id}"] = {name: one for name, one in contact.counts.model_dump().items() if one}
    return found


async def recounted() -> Mapping[str, Counts]:
    """The same from the events alone."""
    counts: dict[str, Counter[str]] = {}
    sources: dict[str, dict[str, Counter[str]]] = {}
    links: dict[str, Counter[str]] = {}
    first: dict[tuple[Any, EmailEventType], EmailEvent] = {}
    for event in sorted(await EmailEvent.find_all().to_list(), key=lambda event: event.at):
        if event.is_test:
            continue
        name = f"machine_{event.type}" if event.is_machine and event.type in READ else event.type.value
        for key in keys_of(event):
            counts.setdefault(key, Counter())[name] += 1
            sources.setdefault(key, {})
            links.setdefault(key, Counter())
            if event.type in ("sent", "delivered", "bounced"):
                sources[key].setdefault(event.source, Counter())[event.type.value] += 1
            if event.type == "clicked" and event.url and not event.is_machine:
                links[key][event.url] += 1
        counts.setdefault(f"contact:{event.contact_id}", Counter())[name] += 1
        if event.type in READ and not event.is_machine:
            first.setdefault((event.delivery_id, event.type), event)
    for event in first.values():
        for key in keys_of(event):
            counts[key]["unique_opens" if event.type == "opened" else "unique_clicks"] += 1
    return {
        key: dict(one)
        | ({} if key.startswith("contact:") else {"sources": {s: full(c) for s, c in sources[key].items()}})
        | ({} if key.startswith(("contact:", "app:")) else {"links": dict(links[key])})
        for key, one in counts.items()
    }


def full(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ("sent", "delivered", "bounced")}


def keys_of(event: EmailEvent) -> list[str]:
    day, app = f"{event.at:%Y-%m-%d}", event.app_id or ""
    named = f"campaign:{event.campaign_id}" if event.campaign_id else f"other:{app}"
    return [f"{named}:{day}", f"app:{app}:{day}"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event that somebody learns of: about one of the deliveries, so many hours after Monday began."""

    delivery: int
    type: EmailEventType
    hours: int
    source: str
    is_machine: bool
    key: int


TOLD: Final = st.builds(
    Told,
    delivery=st.integers(0, 4),
    type=st.sampled_from(EmailEventType),
    hours=st.integers(0, 71),
    source=st.sampled_from(["smtp", "resend"]),
    is_machine=st.booleans(),
    key=st.integers(0, 30),
)
STEPS: Final = st.lists(
    st.one_of(
        st.lists(TOLD, min_size=1, max_size=6),
        st.builds(lambda writes, arrives: (writes, arrives), st.integers(0, 12), st.booleans()),
        st.just("apply"),
    ),
    max_size=12,
)


async def deliveries() -> list[Delivery]:
    """Two of a campaign, one of another app's, one of no campaign, and a trial."""
    news, others = await a_campaign("banners"), await a_campaign("tea")
    ada, bob = await a_contact(), await a_contact()
    return [
        await a_delivery(ada, news),
        await a_delivery(bob, news),
        await a_delivery(ada, others),
        await a_delivery(bob, app_id="banners"),
        await a_delivery(bob, news, kind=DeliveryKind.TEST, source="test:1"),
    ]


def events_of(told: list[Told], known: list[Delivery]) -> list[EmailEvent]:
    return [
        event_about(
            known[one.delivery],
            one.type,
            source=one.source,
            at=MONDAY + timedelta(hours=one.hours),
            dedupe_key=f"{one.delivery}:{one.type}:{one.key}",
            is_machine=one.is_machine and one.type in READ,
            url=f"https://example.com/{one.key % 3}" if one.type is EmailEventType.CLICKED else None,
        )
        for one in told
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
async def test_no_order_of_events_and_no_death_makes_them_differ_from_the_events(steps: list[Any]) -> None:
    known, passed = await deliveries(), timedelta()
    for step in steps:
        passed += CLAIMED
        with clock.shifted(passed):
            if isinstance(step, list):
                await record_events(events_of(step, known))
            elif step == "apply":
                await apply_all()
            else:
                writes, arrives = step
                with suppress(Killed), dying(writes, last_arrives=arrives):
                    await apply_all()
    with clock.shifted(passed + CLAIMED):
        await apply_everything()
    expected = await recounted()
    assert {key: one for key, one in (await rollups()).items() if has_numbers(one)} == expected
    await rebuild_rollups(SYSTEM)
    assert {key: one for key, one in (await rollups()).items() if has_numbers(one)} == expected
    assert not await EmailEvent.find({"pending": True}).count()
    for document in (EmailEvent, Delivery, DayRollup, ContactRollup):
        await document.delete_all()


def has_numbers(counts: Counts) -> bool:
    """A rollup of nothing is left where all events of a day are about trials."""
    return any(value for value in counts.values())
