"""The demonstration company's readers: believable, and consistent with what they agreed to."""

from collections import Counter, defaultdict
from random import Random
from typing import Final

import pytest

from core.settings import Settings
from models.app_events import AppEvent
from models.contacts import ConsentCategory
from models.shops import Shop
from models.subscribers import Subscriber, SubscriberStatus
from models.suppressions import Suppression
from resolvers.newsletter_templates import check_compiles
from resolvers.sending import verdict_on
from seed.catalog import APPS
from seed.newsletters import newsletter_templates, subscribers
from seed.people import People, people
from tests.seed.conftest import NOW

NAMES: Final = {app.id: app.name for app in APPS}


@pytest.fixture
def known(history: tuple[list[Shop], list[AppEvent]], settings: Settings) -> People:
    return people(Random(7), history[0], NAMES, settings, NOW)


@pytest.fixture
def readers(known: People) -> list[Subscriber]:
    return subscribers(Random(7), known)


def test_every_app_has_some_of_most_of_them_active(readers: list[Subscriber]) -> None:
    for app in APPS:
        statuses = Counter(one.status for one in readers if one.app_id == app.id)
        assert 0.6 < statuses[SubscriberStatus.ACTIVE] / statuses.total() < 0.9
    assert {one.status for one in readers} == set(SubscriberStatus)


def test_nobody_is_there_twice(readers: list[Subscriber]) -> None:
    assert max(Counter((one.app_id, one.email_key) for one in readers).values()) == 1


def test_who_is_active_agreed_and_can_be_written_to(known: People, readers: list[Subscriber]) -> None:
    contacts = {contact.id: contact for contact in known.contacts}
    suppressions: defaultdict[object, list[Suppression]] = defaultdict(list)
    for one in known.suppressions:
        if one.removed_at is None:
            suppressions[one.contact_id].append(one)
    for reader in readers:
        contact = contacts[reader.contact_id]
        verdict = verdict_on(contact, suppressions[contact.id], ConsentCategory.NEWSLETTER, None)
        assert reader.status is SubscriberStatus.ACTIVE or not verdict.allowed
        assert (reader.unsubscribed_at is not None) or reader.status is not SubscriberStatus.UNSUBSCRIBED


def test_moments_are_in_their_order_and_in_the_past(readers: list[Subscriber]) -> None:
    for one in readers:
        moments = [at for at in (one.created_at, one.subscribed_at, one.unsubscribed_at) if at is not None]
        assert moments == sorted(moments)
        assert one.created_at <= one.updated_at < NOW


def test_it_is_the_same_every_time(known: People, readers: list[Subscriber]) -> None:
    again = subscribers(Random(7), known)
    assert [(one.email, one.app_id, one.status) for one in again] == [
        (one.email, one.app_id, one.status) for one in readers
    ]


async def test_the_newsletter_templates_compile(platform: object) -> None:
    templates = list(newsletter_templates(Random(7), NOW))
    assert {template.app_id for template in templates} == {app.id for app in APPS}
    for template in templates:
        await check_compiles(template)
