"""The ledger of consent: what people agreed to and withdrew, and how we know. Entries are added, never changed."""

from datetime import datetime
from typing import Any, ClassVar

from beanie import PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Stored
from models.contacts import ConsentCategory, ConsentState, LegalBasis


class ConsentEntry(Stored):
    """`category` is None for all but transactional mail. `text` is what the person agreed to, as they saw it; `ip` and
    `user_agent` are the person's, and the only parts that erasing the person takes away. `confirmed`: the person said
    so themselves, by a link that was sent to their address."""

    contact_id: PydanticObjectId
    category: ConsentCategory | None
    state: ConsentState
    at: datetime
    legal_basis: LegalBasis | None = None
    source: str
    text: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    confirmed: bool = False
    recorded_by: str

    class Settings:
        name = "consent_entries"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("contactId", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
        ]
