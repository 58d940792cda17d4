"""People whom the apps write to."""

from itertools import count
from typing import Any

from core import clock
from core.actor import Actor
from models.contacts import Consent, ConsentCategory, Consents, ConsentState, Contact, ContactShop
from resolvers.consent import ConsentChange, change_consent
from resolvers.contacts import ContactCreate, create_contact

SYSTEM = Actor.system("tests")

_numbers = count(1)


def an_address() -> str:
    return f"person-{next(_numbers)}@example.com"


async def a_contact(email: str | None = None, **fields: Any) -> Contact:
    """Stored; `fields` as staff would send them."""
    return await create_contact(SYSTEM, ContactCreate.model_validate({"email": email or an_address()} | fields))


async def with_consent(contact: Contact, category: ConsentCategory, state: ConsentState, **fields: Any) -> Contact:
    """The contact after an entry in the ledger."""
    change = ConsentChange.model_validate({"category": category, "state": state, **fields})
    return await change_consent(SYSTEM, str(contact.id), change)


def somebody(
    category: ConsentCategory = ConsentCategory.NEWSLETTER,
    state: ConsentState = ConsentState.NOT_SPECIFIED,
    *,
    opted_out: bool = False,
    uses: str | None = None,
) -> Contact:
    """In memory alone, without a database."""
    now = clock.now()
    made: Contact = Contact.model_construct(
        consents=Consents(**{category.value: Consent(state=state, at=now)}),
        opted_out_at=now if opted_out else None,
        shops=[ContactShop(app_id=uses, domain="tea.myshopify.com")] if uses else [],
    )
    return made
