"""Email alerts, over REST."""

from typing import Annotated

from fastapi import Path, Query

from models.email_alerts import EmailAlertKind, EmailAlertStatus
from resolvers import email_alerts
from resolvers.email_alerts import EmailAlertFilter, EmailAlertResolve, EmailAlertSortKey
from rest_compat.edge import CurrentActor, Data, Listing, Moment, Paged, StoredWire, Wire, page_of

EmailAlertId = Annotated[str, Path(alias="id")]


class AlertNumbersWire(Wire):
    sent: int
    count: int
    rate: float
    mean: float | None
    threshold: float


class EmailAlertWire(StoredWire):
    app_id: str
    kind: EmailAlertKind
    status: EmailAlertStatus
    sentence: str
    numbers: AlertNumbersWire
    peak_rate: float
    last_seen_at: Moment
    resolved_at: Moment | None
    resolved_by: str | None
    note: str | None


class EmailAlertListing(Listing, EmailAlertFilter):
    sort_keys = EmailAlertSortKey


async def list_email_alerts(actor: CurrentActor, query: Annotated[EmailAlertListing, Query()]) -> Paged[EmailAlertWire]:
    """Alerts about bounces and complaints."""
    found = await email_alerts.list_email_alerts(actor, query.window, query, query.order)
    return await page_of(EmailAlertWire, found, query.window)


async def resolve_email_alert(
    actor: CurrentActor, alert_id: EmailAlertId, body: EmailAlertResolve | None = None
) -> Data[EmailAlertWire]:
    """Settle an alert, with a note or without."""
    resolved = await email_alerts.resolve_email_alert(actor, alert_id, body or EmailAlertResolve())
    return Data(data=EmailAlertWire.of(resolved))
