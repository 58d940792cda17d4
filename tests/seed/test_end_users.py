"""Who signs in to the demonstration company's apps: believable, and the same every time."""

from collections import Counter
from random import Random
from typing import Final

import pytest

from core.settings import Settings
from models.app_events import AppEvent
from models.end_users import EndUser
from models.shops import Shop
from seed.catalog import APPS
from seed.end_users import SWITCHED_OFF, end_users
from seed.people import People, people
from tests.seed.conftest import NOW

NAMES: Final = {app.id: app.name for app in APPS}

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
def known(history: tuple[list[Shop], list[AppEvent]], settings: Settings) -> People:
    return people(Random(7), history[0], NAMES, settings, NOW)


@pytest.fixture
def made(known: People) -> list[EndUser]:
    return end_users(Random(7), known.contacts, NOW)


def test_every_app_has_some_and_nobody_is_there_twice(made: list[EndUser]) -> None:
    by_app = Counter(user.app_id for user in made)
    assert set(by_app) == {app.id for app in APPS}
    assert min(by_app.values()) > 10
    assert max(Counter((user.app_id, user.email_key) for user in made).values()) == 1


def test_each_is_a_contact_with_a_shop_of_the_app(made: list[EndUser], known: People) -> None:
    contacts = {contact.id: contact for contact in known.contacts}
    for user in made:
        contact = contacts[user.contact_id]
        assert user.email == contact.email
        assert (user.app_id, user.shop_domain) in {(shop.app_id, shop.domain) for shop in contact.shops}
        assert contact.created_at <= user.created_at <= user.last_login_at < NOW
        assert user.login_count > 1 or user.created_at == user.last_login_at


def test_few_were_switched_off(made: list[EndUser]) -> None:
    off = [user for user in made if not user.is_active]
    assert (len(off), {user.token_version for user in off}) == (SWITCHED_OFF, {2})


def test_they_are_the_same_every_time(made: list[EndUser], known: People) -> None:
    told = [[(one.email, one.created_at, one.login_count) for one in end_users(Random(7), known.contacts, NOW)]]
    assert told == [[(one.email, one.created_at, one.login_count) for one in made]]
