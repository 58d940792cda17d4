"""What people agreed to, in GraphQL."""

from datetime import datetime

import strawberry
from strawberry import ID, Maybe

from models.contacts import ConsentCategory, ConsentState, LegalBasis

strawberry.enum(ConsentState)
strawberry.enum(LegalBasis, description="Of the processing (GDPR, article 6, paragraph 1).")


@strawberry.type(description="Where a contact stands in one category: what the ledger's newest entry says.")
class Consent:
    state: ConsentState
    at: datetime | None
    legal_basis: LegalBasis | None
    source: str | None
    confirmed_at: datetime | None = strawberry.field(
        description="When the person last opted in by a link that was sent to their address."
    )


@strawberry.type
class Consents:
    transactional: Consent
    product: Consent
    newsletter: Consent
    outreach: Consent
    research: Consent


@strawberry.type(description="What somebody agreed to or withdrew, and how we know.")
class ConsentEntry:
    id: ID
    category: ConsentCategory | None = strawberry.field(description="Null for all but transactional mail.")
    state: ConsentState
    at: datetime
    legal_basis: LegalBasis | None
    source: str
    text: str | None = strawberry.field(description="What the person agreed to, as they saw it.")
    ip: str | None
    user_agent: str | None
    confirmed: bool = strawberry.field(description="By the person, with a link that was sent to their address.")
    recorded_by: str
    created_at: datetime


@strawberry.input(
    description="`text` is what the person agreed to, as they saw it; `ip` and `userAgent` are the person's. `at` is "
    "when it happened: an older entry does not undo a newer one."
)
class ConsentChangeInput:
    category: ConsentCategory
    state: ConsentState
    legal_basis: Maybe[LegalBasis | None]
    source: Maybe[str]
    text: Maybe[str | None]
    ip: Maybe[str | None]
    user_agent: Maybe[str | None]
    at: Maybe[datetime | None]
