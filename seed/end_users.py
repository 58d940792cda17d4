"""Who of the people behind the shops has signed in to an app, to ask its support or to vote."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from core.inputs import key_of_email
from models.contacts import Contact, ContactShop
from models.end_users import EndUser

SIGNS_IN: Final = 0.28
"""For each shop."""
SWITCHED_OFF: Final = 2
"""How many of all were too much for the support."""


def end_users(random: Random, contacts: Sequence[Contact], now: datetime) -> list[EndUser]:
    """One per app and address, those who came first before the others."""
    made = [
        _end_user(random, contact, shop, now)
        for contact in contacts
        for shop in {shop.app_id: shop for shop in contact.shops}.values()
        if random.random() < SIGNS_IN
    ]
    for user in random.sample(made, SWITCHED_OFF):
        user.is_active, user.token_version = False, 2
    return sorted(made, key=lambda user: user.created_at)


def _end_user(random: Random, contact: Contact, shop: ContactShop, now: datetime) -> EndUser:
    known_for = now - contact.created_at
    first = contact.created_at + known_for * random.uniform(0.02, 0.9)
    logins = 1 + min(int(random.expovariate(0.4)), 20)
    last = first if logins == 1 else first + (now - first) * random.uniform(0.3, 0.99)
    last -= timedelta(microseconds=last.microsecond)
    return EndUser(
        app_id=shop.app_id,
        contact_id=contact.id,
        email=contact.email,
        email_key=key_of_email(contact.email),
        language=contact.language,
        shop_domain=shop.domain,
        login_count=logins,
        last_login_at=max(last, first),
        created_at=first,
        updated_at=max(last, first),
    )
