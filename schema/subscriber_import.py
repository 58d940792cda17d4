"""Taking in many subscribers at once, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from resolvers import subscriber_import
from resolvers.subscriber_import import SubscribersImport
from schema.edge import Info, UserError, mutation, parse


@strawberry.input(
    description="With `consent`, `consentText` is what the person agreed to and `consentedAt` when they did, else now."
)
class SubscriberRowInput:
    email: str
    name: Maybe[str]
    language: Maybe[str | None]
    referral_url: Maybe[str | None]
    source: Maybe[str]
    tags: Maybe[list[str]]
    consent: Maybe[bool]
    consented_at: Maybe[datetime | None]
    consent_text: Maybe[str | None]


@strawberry.input(
    description="Either the text of a CSV file, or at most 1,000 rows. Larger files are for REST: "
    "`POST /admin/{appId}/newsletter/subscribers/import` takes 50 MB."
)
class SubscribersImportInput:
    csv: Maybe[str | None]
    rows: Maybe[list[SubscriberRowInput] | None]


@strawberry.type(description="Why a row was left out.")
class SubscriberRowError:
    row: int
    email: str | None
    reason: str


@strawberry.type(
    description="`unchanged` are those of whom the rows knew nothing new, `errors` the first 1,000 of the `skipped`. "
    "Of those who are in, `withoutConsent` get no newsletter: nobody said that they agreed to it."
)
class SubscribersImportOutcome:
    total: int
    imported: int
    updated: int
    unchanged: int
    skipped: int
    without_consent: int
    errors: list[SubscriberRowError]
    ignored_columns: list[str]


@strawberry.type
class SubscribersImportPayload:
    outcome: SubscribersImportOutcome | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SubscriberImportMutations:
    @mutation(subscriber_import.import_subscribers)
    async def subscribers_import(
        self, info: Info, app_id: ID, input: SubscribersImportInput
    ) -> SubscribersImportPayload:
        data = parse(SubscribersImport, input)
        outcome = await subscriber_import.import_subscribers(info.context.actor, app_id, data)
        return SubscribersImportPayload(outcome=cast(SubscribersImportOutcome, outcome))
