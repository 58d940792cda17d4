"""Alerts about an app's mail: too much of it bounces, or is reported as spam."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from models.base import Part, Stored


class EmailAlertKind(StrEnum):
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"


HAPPENED: Final = {EmailAlertKind.BOUNCES: "bounced", EmailAlertKind.COMPLAINTS: "were reported as spam"}


class EmailAlertStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class AlertNumbers(Part):
    """What an hour's mail came to. `rate` is `count` by `sent`, from 0 to 1; `mean` is that of the 7 days before, None
    where too little was sent in them; `threshold` is what the rate has reached."""

    sent: int
    count: int
    rate: float
    mean: float | None
    threshold: float


class EmailAlert(Stored):
    """At most one is open per app and kind. `numbers` are those of the last hour that was over the threshold, which
    ended at `last_seen_at`; `peak_rate` is the highest that was seen."""

    app_id: str
    kind: EmailAlertKind
    status: EmailAlertStatus = EmailAlertStatus.OPEN
    numbers: AlertNumbers
    peak_rate: float
    last_seen_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    note: str | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        seen, happened = self.numbers, HAPPENED[self.kind]
        usual = "" if seen.mean is None else f", usually {seen.mean:.2%}"
        return (
            f"{seen.count:,} of {seen.sent:,} mails {happened} within an hour ({seen.rate:.2%}{usual}): "
            f"{seen.threshold:.2%} is too much"
        )

    class Settings:
        name = "email_alerts"
        indexes: ClassVar[list[Any]] = [
            IndexModel(
                [("appId", ASCENDING), ("kind", ASCENDING)], unique=True, partialFilterExpression={"status": "open"}
            ),
            IndexModel([("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("lastSeenAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("lastSeenAt", DESCENDING), ("_id", DESCENDING)]),
            IndexModel([("appId", ASCENDING), ("kind", ASCENDING), ("resolvedAt", DESCENDING)]),
            IndexModel([("status", ASCENDING), ("lastSeenAt", ASCENDING)]),
        ]
