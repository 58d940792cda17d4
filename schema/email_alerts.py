"""Email alerts, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import email_alerts as stored
from models.email_alerts import EmailAlertKind, EmailAlertStatus
from resolvers import email_alerts
from resolvers.email_alerts import EmailAlertFilter, EmailAlertResolve, EmailAlertSortKey
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders

strawberry.enum(EmailAlertKind)
strawberry.enum(EmailAlertStatus)
strawberry.enum(EmailAlertSortKey)


@strawberry.type(description="What an hour's mail came to. Rates are from 0 to 1.")
class EmailAlertNumbers:
    sent: int
    count: int = strawberry.field(description="How many bounced, or were reported as spam.")
    rate: float
    mean: float | None = strawberry.field(description="Of the 7 days before; null where too little was sent in them.")
    threshold: float = strawberry.field(description="From which rate on it was an alert.")


@strawberry.type(description="Too much of an app's mail bounces, or is reported as spam.")
class EmailAlert:
    id: ID
    app_id: ID
    kind: EmailAlertKind
    status: EmailAlertStatus
    sentence: str = strawberry.field(description="For a person.")
    numbers: EmailAlertNumbers = strawberry.field(description="Of the last bad hour, which ended at `lastSeenAt`.")
    peak_rate: float
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None = strawberry.field(description="A person, or the system after 24 quiet hours.")
    note: str | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.EmailAlert, Loaders.apps, lambda one: one.app_id)


def email_alert(document: stored.EmailAlert) -> EmailAlert:
    """The document has all that the type shows."""
    return cast(EmailAlert, document)


@strawberry.input
class EmailAlertFilterInput:
    app_id: Maybe[str | None]
    kind: Maybe[EmailAlertKind | None]
    status: Maybe[EmailAlertStatus | None]


@strawberry.input(description="`note` is what was found, or done.")
class EmailAlertResolveInput:
    note: Maybe[str | None]


@strawberry.type
class EmailAlertPayload:
    email_alert: EmailAlert | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class EmailAlertQueries:
    @query(email_alerts.get_email_alert)
    async def email_alert(self, info: Info, id: ID) -> EmailAlert:
        return email_alert(await email_alerts.get_email_alert(info.context.actor, id))

    @query(email_alerts.list_email_alerts)
    async def email_alerts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: EmailAlertFilterInput | None = None,
        sort_key: EmailAlertSortKey = EmailAlertSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[EmailAlert]:
        window = Range.of(first, after, last, before)
        filters = parse(EmailAlertFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await email_alerts.list_email_alerts(info.context.actor, window, filters, sort))


@strawberry.type
class EmailAlertMutations:
    @mutation(email_alerts.resolve_email_alert)
    async def email_alert_resolve(
        self, info: Info, id: ID, input: EmailAlertResolveInput | None = None
    ) -> EmailAlertPayload:
        data = parse(EmailAlertResolve, input)
        return EmailAlertPayload(
            email_alert=email_alert(await email_alerts.resolve_email_alert(info.context.actor, id, data))
        )


@strawberry.type
class EmailAlertSubscriptions:
    @subscription(email_alerts.watch_email_alerts)
    async def email_alerts(self, info: Info) -> AsyncGenerator[EmailAlert, None]:
        return cast(AsyncGenerator[EmailAlert, None], await email_alerts.watch_email_alerts(info.context.actor))
