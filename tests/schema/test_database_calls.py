"""How many times the database is asked for the heaviest answers: not more often for many things than for few."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import pytest_asyncio
from httpx import AsyncClient
from pymongo.monitoring import CommandStartedEvent

from core.actor import Role
from core.clock import now
from core.mongo import Mongo
from models.campaigns import Campaign
from models.log_tallies import ErrorGroup, ErrorGroupShop
from resolvers.timeline_sources import TimelineKind
from tests.databases import Listener, heard
from tests.factories.apps import an_app
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import logged_in
from tests.factories.timelines import DOMAIN, EMAIL, a_person_with_a_shop, it_happened
from tests.schema.asking import ask
from tests.schema.heaviest import HEAVIEST, Question

AT: Final = datetime(2026, 1, 31, 9, tzinfo=UTC)
SIZE: Final = 6
"""More than what the calls of a question may vary by, with what happens to be asked for together."""


class Calls(Listener):
    """The commands that the driver sends; of a cursor that goes on, the first."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name != "getMore":
            self.sent.append(f"{event.command_name} {event.command[event.command_name]}")


@pytest_asyncio.fixture(scope="module")
async def calls(mongo: Mongo, pytestconfig: pytest.Config) -> AsyncIterator[Calls]:
    """What is sent over a second connection, to which the documents speak during this module."""
    listener = Calls()
    async with heard(mongo, pytestconfig, listener):
        yield listener


async def a_company(campaign: Campaign) -> None:
    """Merchants, each with a person to whom everything has happened that can."""
    for number in range(SIZE):
        email, domain = (EMAIL, DOMAIN) if number == 0 else (f"ada-{number}@example.com", f"tea-{number}.myshopify.com")
        contact = await a_person_with_a_shop("banners", AT, email=email, domain=domain)
        for kind in TimelineKind:
            stored = await it_happened(kind, contact, AT)
            if kind is TimelineKind.ERROR_MET:
                await an_error_group(stored)
        await a_delivery(contact, campaign, created_at=now())


async def an_error_group(met: ErrorGroupShop) -> None:
    known = {"fingerprint": met.group_id, "title": "Oops", "title_key": "oops", "module": "api"}
    seen = {"first_seen": AT, "last_seen": AT, "expires_at": met.expires_at}
    await ErrorGroup(id=met.group_id, app_id="banners", **known, **seen).insert()


def shown(answer: Any) -> int:
    """How many things are in the longest list of an answer."""
    within = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    own = len(answer) if isinstance(answer, list) else 0
    return max(own, *map(shown, within), 0)


@pytest.mark.parametrize("asked", HEAVIEST, ids=lambda asked: asked.name)
async def test_the_database_is_asked_so_often(asked: Question, calls: Calls, client: AsyncClient) -> None:
    await an_app("banners", name="Banners")
    campaign, viewer = await a_campaign("banners"), await logged_in(Role.VIEWER)
    await a_company(campaign)
    variables = {"campaign": str(campaign.id)} if "$campaign" in asked.query else {}
    calls.sent.clear()
    answer = await ask(client, viewer, asked.query, **variables)
    assert len(calls.sent) <= asked.calls + asked.each * shown(answer), "\n".join(sorted(calls.sent))
