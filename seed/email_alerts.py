"""Alerts about the company's mail: one that is open, one that was seen to."""

from datetime import datetime, timedelta

from models.email_alerts import AlertNumbers, EmailAlert, EmailAlertKind, EmailAlertStatus
from seed.catalog import APPS


def email_alerts(now: datetime) -> list[EmailAlert]:
    weeks_ago = now - timedelta(days=16)
    bounces = AlertNumbers(sent=412, count=31, rate=31 / 412, mean=0.011, threshold=0.033)
    complaints = AlertNumbers(sent=1280, count=2, rate=2 / 1280, mean=0.0002, threshold=0.0006)
    return [
        EmailAlert(
            app_id=APPS[1].id,
            kind=EmailAlertKind.COMPLAINTS,
            status=EmailAlertStatus.RESOLVED,
            numbers=complaints,
            peak_rate=complaints.rate,
            last_seen_at=weeks_ago + timedelta(minutes=35),
            resolved_at=weeks_ago + timedelta(hours=3),
            resolved_by="staff:mateo@example.com",
            note="The summer campaign went to people who had signed up two years ago",
            created_at=weeks_ago,
            updated_at=weeks_ago + timedelta(hours=3),
        ),
        EmailAlert(
            app_id=APPS[0].id,
            kind=EmailAlertKind.BOUNCES,
            numbers=bounces,
            peak_rate=0.092,
            last_seen_at=now - timedelta(minutes=25),
            created_at=now - timedelta(hours=1),
            updated_at=now - timedelta(minutes=25),
        ),
    ]
