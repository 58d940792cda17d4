"""Alerts about an app's mail."""

from typing import Any

from core import clock
from models.email_alerts import AlertNumbers, EmailAlert, EmailAlertKind


async def an_email_alert(app_id: str, kind: EmailAlertKind = EmailAlertKind.BOUNCES, **fields: Any) -> EmailAlert:
    """Open, of the hour until now: 12 of 150 bounced, where 1 of 100 usually does."""
    numbers = AlertNumbers(sent=150, count=12, rate=0.08, mean=0.01, threshold=0.03)
    known = {"numbers": numbers, "peak_rate": 0.08, "last_seen_at": clock.now()}
    return await EmailAlert(app_id=app_id, kind=kind, **{**known, **fields}).insert()
