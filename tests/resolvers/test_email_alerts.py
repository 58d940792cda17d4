"""Alerts about an app's mail: opened once, renewed while it lasts, ended by a person or by quiet."""

import asyncio
from datetime import datetime, timedelta

import pytest

from core import clock
from core.access import MARKETING
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound
from core.pages import Page
from core.runtime import runtime
from models.apps import App
from models.email_alerts import EmailAlert, EmailAlertKind, EmailAlertStatus
from models.email_events import EmailEvent, EmailEventType
from models.slack_messages import SlackMessage
from resolvers.email_alerts import (
    CHANGED,
    HOUR,
    QUIET,
    EmailAlertFilter,
    EmailAlertResolve,
    EmailAlertSortKey,
    check_email_alerts,
    get_email_alert,
    list_email_alerts,
    resolve_email_alert,
    watch_email_alerts,
)
from tests.factories.apps import an_app
from tests.factories.email_alerts import an_email_alert
from tests.factories.people import an_actor
from tests.factories.slack import a_rule

SYSTEM = Actor.system("email_alerts")
NOTE = EmailAlertResolve(note="An old list was imported")
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("platform")


async def happened(app: App, *, sent: int, bounced: int = 0, complained: int = 0, ago: timedelta = 10 * MINUTE) -> None:
    """That long ago, all at once."""
    at: datetime = clock.now() - ago
    amounts = {
        EmailEventType.SENT: sent,
        EmailEventType.BOUNCED: bounced,
        EmailEventType.COMPLAINED: complained,
        EmailEventType.DELIVERED: sent,
    }
    events = [
        EmailEvent(type=kind, at=at, source="tests", app_id=app.id)
        for kind, amount in amounts.items()
        for _ in range(amount)
    ]
    await EmailEvent.insert_many(events)


async def the_alert() -> EmailAlert:
    (alert,) = await EmailAlert.find_all().to_list()
    return alert


class TestChecking:
    async def test_a_bad_hour_opens_an_alert_that_says_how_bad(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=8)
        await happened(app, sent=1000, bounced=10, ago=timedelta(days=3))
        await check_email_alerts(SYSTEM)
        alert = await the_alert()
        assert (alert.app_id, alert.kind, alert.status) == (app.id, EmailAlertKind.BOUNCES, EmailAlertStatus.OPEN)
        assert (alert.numbers.rate, alert.numbers.mean, alert.peak_rate) == (0.08, 0.01, 0.08)
        assert alert.sentence == ("8 of 100 mails bounced within an hour (8.00%, usually 1.00%): 3.00% is too much")

    async def test_what_servers_refuse_at_once_is_a_bounce_too_and_trials_are_nothing(self) -> None:
        app, known = await an_app(), {"at": clock.now() - 10 * MINUTE, "source": "smtp"}
        await happened(app, sent=90)
        refused = [EmailEvent(type="failed", bounce="hard", app_id=app.id, **known) for _ in range(10)]
        not_sent = [EmailEvent(type="failed", app_id=app.id, **known) for _ in range(40)]
        trials = [EmailEvent(type="bounced", is_test=True, app_id=app.id, **known) for _ in range(40)]
        await EmailEvent.insert_many([*refused, *not_sent, *trials])
        await check_email_alerts(SYSTEM)
        numbers = (await the_alert()).numbers
        assert (numbers.sent, numbers.count, numbers.rate) == (100, 10, 0.1)

    async def test_bounces_and_complaints_of_each_app_are_looked_at_by_themselves(self) -> None:
        bad, good = await an_app(), await an_app()
        await happened(bad, sent=100, bounced=5, complained=1)
        await happened(good, sent=100, bounced=4)
        await check_email_alerts(SYSTEM)
        alerts = await EmailAlert.find_all().to_list()
        assert {(alert.app_id, alert.kind.value) for alert in alerts} == {(bad.id, "bounces"), (bad.id, "complaints")}

    async def test_the_hour_is_the_last_one_and_the_week_the_one_before_it(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=90, ago=HOUR + MINUTE)
        await happened(app, sent=100, bounced=90, ago=timedelta(days=8))
        await happened(app, sent=100, bounced=0)
        await check_email_alerts(SYSTEM)
        assert await EmailAlert.count() == 0

    async def test_an_open_one_is_renewed_and_remembers_its_peak(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=20)
        await check_email_alerts(SYSTEM)
        first = await the_alert()
        with clock.shifted(5 * MINUTE):
            await happened(app, sent=100, ago=MINUTE)
            await check_email_alerts(SYSTEM)
        again = await the_alert()
        assert (again.id, again.numbers.rate, again.peak_rate) == (first.id, 0.1, 0.2)
        assert again.last_seen_at > first.last_seen_at

    async def test_slack_is_told_once_however_long_it_lasts(self) -> None:
        app = await an_app()
        await a_rule()
        await happened(app, sent=100, bounced=20)
        for minutes in range(3):
            with clock.shifted(minutes * MINUTE):
                await check_email_alerts(SYSTEM)
        (news,) = await SlackMessage.find_all().to_list()
        assert (news.app_id, news.text) == (app.id, (await the_alert()).sentence)

    async def test_several_at_once_open_one(self) -> None:
        await happened(await an_app(), sent=100, bounced=20)
        await asyncio.gather(*(check_email_alerts(SYSTEM) for _ in range(4)))
        assert await EmailAlert.count() == 1

    async def test_after_a_quiet_day_it_is_over(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=20)
        await check_email_alerts(SYSTEM)
        with clock.shifted(QUIET - MINUTE):
            await check_email_alerts(SYSTEM)
            assert (await the_alert()).status is EmailAlertStatus.OPEN
        with clock.shifted(QUIET + MINUTE):
            await check_email_alerts(SYSTEM)
            alert = await the_alert()
            assert (alert.status, alert.resolved_by) == (EmailAlertStatus.RESOLVED, SYSTEM.label)

    async def test_a_bad_hour_after_a_quiet_day_is_another_alert(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=20)
        await check_email_alerts(SYSTEM)
        with clock.shifted(QUIET + HOUR):
            await check_email_alerts(SYSTEM)
            await happened(app, sent=100, bounced=20, ago=-MINUTE)
        with clock.shifted(QUIET + HOUR + 2 * MINUTE):
            await check_email_alerts(SYSTEM)
        statuses = sorted(alert.status.value for alert in await EmailAlert.find_all().to_list())
        assert statuses == ["open", "resolved"]


class TestResolving:
    async def test_by_hand_with_a_note(self) -> None:
        marketing = await an_actor(Role.MARKETING)
        alert = await resolve_email_alert(marketing, str((await an_email_alert("banners")).id), NOTE)
        assert (alert.status, alert.resolved_by) == (EmailAlertStatus.RESOLVED, marketing.label)
        assert (alert.note, alert.resolved_at is not None) == (NOTE.note, True)

    async def test_what_was_known_then_does_not_open_another(self) -> None:
        app = await an_app()
        await happened(app, sent=100, bounced=20)
        await check_email_alerts(SYSTEM)
        await resolve_email_alert(await an_actor(), str((await the_alert()).id), EmailAlertResolve())
        await check_email_alerts(SYSTEM)
        assert (await the_alert()).status is EmailAlertStatus.RESOLVED
        with clock.shifted(5 * MINUTE):
            await happened(app, sent=100, bounced=20, ago=MINUTE)
            await check_email_alerts(SYSTEM)
        assert await EmailAlert.find({"status": "open"}).count() == 1

    async def test_twice_is_a_conflict_that_says_by_whom(self) -> None:
        owner, alert = await an_actor(), await an_email_alert("banners")
        await resolve_email_alert(owner, str(alert.id), NOTE)
        with pytest.raises(Conflict, match=f"resolved already at .*Z, by {owner.label}"):
            await resolve_email_alert(await an_actor(), str(alert.id), EmailAlertResolve())
        assert (await the_alert()).note == NOTE.note

    @pytest.mark.parametrize("role", sorted(set(Role) - MARKETING))
    async def test_not_by_those_who_only_read(self, role: Role) -> None:
        alert = await an_email_alert("banners")
        with pytest.raises(Forbidden):
            await resolve_email_alert(await an_actor(role), str(alert.id), NOTE)


class TestReading:
    async def test_lists_filter_and_sort(self) -> None:
        viewer, now = await an_actor(Role.VIEWER), clock.now()
        await an_email_alert("banners", last_seen_at=now)
        await an_email_alert("reviews", last_seen_at=now - HOUR)
        resolved = {"status": EmailAlertStatus.RESOLVED, "last_seen_at": now - 2 * HOUR}
        await an_email_alert("banners", EmailAlertKind.COMPLAINTS, **resolved)

        async def listed(**filters: str) -> list[str]:
            given = EmailAlertFilter.model_validate(filters)
            order = EmailAlertSortKey.LAST_SEEN_AT.order()
            found = await list_email_alerts(viewer, Page(), given, order)
            return [f"{alert.app_id} {alert.kind.value}" for alert in found.items]

        assert await listed() == ["banners complaints", "reviews bounces", "banners bounces"]
        assert await listed(appId="reviews") == ["reviews bounces"]
        assert await listed(kind="complaints") == ["banners complaints"]
        assert await listed(status="open") == ["reviews bounces", "banners bounces"]

    async def test_who_watches_is_told_of_each_change(self) -> None:
        watched = await watch_email_alerts(await an_actor(Role.VIEWER))
        waiting = asyncio.ensure_future(anext(watched))
        while not runtime().topics._listeners.get(CHANGED):
            await asyncio.sleep(0)
        await happened(await an_app(), sent=100, bounced=20)
        await check_email_alerts(SYSTEM)
        async with asyncio.timeout(10):
            opened = await waiting
            waiting = asyncio.ensure_future(anext(watched))
            await resolve_email_alert(await an_actor(), str(opened.id), NOTE)
            assert (await waiting).status is EmailAlertStatus.RESOLVED
        await watched.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_an_unknown_one_is_not_found() -> None:
    for identity in ("0" * 24, "nonsense"):
        with pytest.raises(NotFound):
            await get_email_alert(await an_actor(), identity)
        with pytest.raises(NotFound):
            await resolve_email_alert(await an_actor(), identity, NOTE)
