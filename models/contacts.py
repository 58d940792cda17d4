"""The people whom the apps write to: one contact per address, over all apps."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored


class ConsentCategory(StrEnum):
    """What mail is about. `transactional` is what somebody's own doing brings about; `product` is about an app that
    they have."""

    TRANSACTIONAL = "transactional"
    PRODUCT = "product"
    NEWSLETTER = "newsletter"
    OUTREACH = "outreach"
    RESEARCH = "research"


class ConsentState(StrEnum):
    """`pending` was asked for, and waits for a confirmation."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    PENDING = "pending"
    NOT_SPECIFIED = "not_specified"


class LegalBasis(StrEnum):
    """Of the processing (GDPR, article 6, paragraph 1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class Consent(Part):
    """Where a contact stands in one category: what the ledger's newest entry says, which `entry_id` names.
    `confirmed_at` is when the person last opted in by a link that was sent to their address, if they did not withdraw
    since."""

    state: ConsentState = ConsentState.NOT_SPECIFIED
    at: datetime | None = None
    legal_basis: LegalBasis | None = None
    source: str | None = None
    confirmed_at: datetime | None = None
    entry_id: PydanticObjectId | None = None


class Consents(Part):
    """One per category."""

    transactional: Consent = Field(default_factory=Consent)
    product: Consent = Field(default_factory=Consent)
    newsletter: Consent = Field(default_factory=Consent)
    outreach: Consent = Field(default_factory=Consent)
    research: Consent = Field(default_factory=Consent)

    def of(self, category: ConsentCategory) -> Consent:
        consent: Consent = getattr(self, category.value)
        return consent


class ContactShop(Part):
    """A shop whose address is the contact's; `has_app` says whether it has the app now."""

    app_id: str
    domain: str
    has_app: bool = True


class Contact(Stored):
    """`email_key` is the lower-cased address, or stands for one that was erased.

    `consents` and the global opt-out follow from the ledger, `apps` from the shops. `version` guards every write: read,
    decide, write if nobody wrote meanwhile.
    """

    email: str
    email_key: str
    name: str = ""
    language: str | None = None
    country: str | None = None
    shops: list[ContactShop] = Field(default_factory=list)
    apps: list[str] = Field(default_factory=list)
    consents: Consents = Field(default_factory=Consents)
    opted_out_at: datetime | None = None
    erased_at: datetime | None = None
    search_text: str = ""
    search_words: list[str] = Field(default_factory=list)
    version: int = 1

    @property
    def global_opt_out(self) -> bool:
        """No mail but transactional, until the person opts in to something anew."""
        return self.opted_out_at is not None

    def uses(self, app_id: str) -> bool:
        """Whether one of the contact's shops has the app now."""
        return any(shop.app_id == app_id and shop.has_app for shop in self.shops)

    class Settings:
        name = "contacts"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("emailKey", ASCENDING)], unique=True),
            IndexModel([("emailKey", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("apps", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("shops.domain", ASCENDING)]),
            IndexModel([("searchWords", ASCENDING)]),
        ]
