"""When so much of an hour's mail bounced, or was reported as spam, that somebody has to know: arithmetic alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from models.email_alerts import AlertNumbers, EmailAlertKind

TIMES_THE_MEAN: Final = 3


@dataclass(frozen=True, slots=True)
class MailCounts:
    """Of an app, in some time."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0

    def of(self, kind: EmailAlertKind) -> int:
        return self.bounced if kind is EmailAlertKind.BOUNCES else self.complained


@dataclass(frozen=True, slots=True)
class Rule:
    """`limit` is a share of what was sent; of less than `least_sent` mails no share says anything."""

    limit: Fraction
    least_sent: int


RULES: Final[Mapping[EmailAlertKind, Rule]] = {
    EmailAlertKind.BOUNCES: Rule(Fraction(5, 100), 50),
    EmailAlertKind.COMPLAINTS: Rule(Fraction(1, 1000), 100),
}


def says_something(kind: EmailAlertKind, hour: MailCounts) -> bool:
    """Whether the hour can be too bad at all."""
    return hour.sent >= RULES[kind].least_sent and hour.of(kind) > 0


def too_much(kind: EmailAlertKind, hour: MailCounts, week: MailCounts) -> AlertNumbers | None:
    """None where all is well. `week` are the 7 days before the hour: three times their mean is too much as well, where
    there is a mean."""
    if not says_something(kind, hour):
        return None
    rate, mean = share(kind, hour), share(kind, week) if week.sent >= RULES[kind].least_sent else None
    threshold = min(RULES[kind].limit, TIMES_THE_MEAN * mean) if mean else RULES[kind].limit
    if rate < threshold:
        return None
    return AlertNumbers(
        sent=hour.sent,
        count=hour.of(kind),
        rate=float(rate),
        mean=None if mean is None else float(mean),
        threshold=float(threshold),
    )


def share(kind: EmailAlertKind, counts: MailCounts) -> Fraction:
    """Of what was sent. What bounces now may have been sent before: it is never more than all."""
    return min(Fraction(counts.of(kind), counts.sent), Fraction(1))
