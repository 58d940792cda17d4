"""Counting mail: whatever order events come in, and whenever a process dies, the rollups equal a recount of the events
in plain Python."""

import asyncio
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
from core.actor import Actor, Role
from core.days import DAY
from core.errors import Forbidden, NotFound
from models.deliveries import Delivery, DeliveryKind
from models.email_events import EmailEvent, EmailEventType
from models.email_rollups import ContactRollup, DayRollup, RollupScope
from resolvers import email_effects, email_rollups
from resolvers.email_events import event_about, record_events
from resolvers.email_rollups import CLAIMED, recount_due
from resolvers.rollup_rebuilds import REBUILD, EmailRollupsRebuild, rebuild_rollups, request_rebuild
from tasks.rollups import apply_all
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
READ: Final = {EmailEventType.OPENED, EmailEventType.CLICKED}
LATER: Final = timedelta(hours=1)
"""By then no rollup is left alone any more because it was just counted."""


async def apply_everything() -> None:
    """As the workers do, in the end."""
    await apply_all()
    passed = timedelta()
    while await DayRollup.find({"dirty": True}).count() or await ContactRollup.find({"dirty": True}).count():
        passed += LATER
        with clock.shifted(passed):
            await recount_due(SYSTEM)


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
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
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


async def test_several_workers_at_once_count_everything() -> None:
    known = await deliveries()

    async def tell(part: int) -> None:
        for number in range(20):
            told = Told(number % 4, list(EmailEventType)[number % 12], number + part, "resend", number % 5 == 0, number)
            await record_events(events_of([told], known))

    await asyncio.gather(*(tell(part) for part in range(3)), *(apply_all() for _ in range(4)))
    await apply_everything()
    assert await rollups() == await recounted()


async def test_what_happens_while_a_rollup_is_counted_is_counted_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = await deliveries()
    first, second = events_of([Told(0, EmailEventType.SENT, 1, "smtp", False, key) for key in (1, 2)], known)
    count = email_rollups._grouped

    async def slowly(*arguments: Any) -> Any:
        counted = await count(*arguments)
        monkeypatch.undo()
        await record_events([second])
        await email_effects.apply_pending_email_events(SYSTEM)
        return counted

    await record_events([first])
    await email_effects.apply_pending_email_events(SYSTEM)
    monkeypatch.setattr(email_rollups, "_grouped", slowly)
    await recount_due(SYSTEM)
    await apply_everything()
    assert await rollups() == await recounted()


async def test_a_mail_that_was_opened_earlier_than_was_known_moves_to_that_day() -> None:
    known = await deliveries()
    late, early = events_of([Told(0, EmailEventType.OPENED, hours, "smtp", False, hours) for hours in (60, 10)], known)
    for event in (late, early):
        await record_events([event])
        await apply_everything()
    assert await rollups() == await recounted()
    assert {day.day: day.unique_opens for day in await DayRollup.find({"scope": "campaign"}).to_list()} == {
        MONDAY: 1,
        MONDAY + 2 * DAY: 0,
    }


async def test_a_rollup_that_takes_long_to_count_is_left_alone_for_a_while() -> None:
    known = await deliveries()
    first, second = events_of([Told(0, EmailEventType.SENT, 1, "smtp", False, key) for key in (1, 2)], known)
    await record_events([first])
    await apply_everything()
    await DayRollup.find_all().update({"$set": {"dueAt": clock.now() + timedelta(minutes=1)}})
    await record_events([second])
    await apply_all()
    assert [day.counts.sent for day in await DayRollup.find_all().to_list()] == [1, 1]
    with clock.shifted(timedelta(minutes=2)):
        await apply_all()
    assert [day.counts.sent for day in await DayRollup.find_all().to_list()] == [2, 2]


class TestRebuild:
    async def test_whatever_the_rollups_say_they_follow_the_events_again(self) -> None:
        known = await deliveries()
        told = [
            Told(number % 4, list(EmailEventType)[number % 12], number, "smtp", False, number) for number in range(40)
        ]
        await record_events(events_of(told, known))
        await apply_everything()
        await DayRollup.find_all().update({"$set": {"counts": {}, "uniqueOpens": 9}})
        await ContactRollup.delete_all()
        assert (await rebuild_rollups(SYSTEM)).contacts == 2
        assert await rollups() == await recounted()

    async def test_of_one_campaign_leaves_the_others_alone(self) -> None:
        known = await deliveries()
        sent = [Told(number, EmailEventType.SENT, number, "smtp", False, number) for number in range(4)]
        await record_events(events_of(sent, known))
        await apply_everything()
        await DayRollup.find({"scope": "campaign"}).update({"$set": {"counts": {}}})
        assert (await rebuild_rollups(SYSTEM, known[0].campaign_id)).days == 1
        counted = {one.campaign_id: one.counts.sent for one in await DayRollup.find({"scope": "campaign"}).to_list()}
        assert counted == {known[0].campaign_id: 2, known[2].campaign_id: 0}

    async def test_is_a_job_that_admins_ask_for(self) -> None:
        campaign = await a_campaign("banners")
        job = await request_rebuild(
            await an_actor(Role.ADMIN), EmailRollupsRebuild.model_validate({"campaignId": str(campaign.id)})
        )
        assert (job.type, job.payload) == (REBUILD, {"campaignId": str(campaign.id)})
        with pytest.raises(Forbidden):
            await request_rebuild(await an_actor(Role.MARKETING), EmailRollupsRebuild())

    async def test_of_an_unknown_campaign_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            unknown = EmailRollupsRebuild.model_validate({"campaignId": "0" * 24})
            await request_rebuild(await an_actor(), unknown)
