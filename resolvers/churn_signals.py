"""What may have made a shop leave. What else is to be looked for is one more entry in `SIGNALS`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models.app_events import KEPT as EVENTS_KEPT
from models.log_tallies import GROUP_KEPT as ERRORS_KEPT
from resolvers import churn_sources as sources
from resolvers.churn_moments import Moment
from resolvers.churn_sources import ChurnSignal, Sighting, Watched

WINDOW: Final = timedelta(days=30)
QUIET: Final = timedelta(days=14)
FIRST_DAYS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Signal:
    """`title` ends the sentence "before it left, the shop…". It counts when it was seen at most `within` before the
    moment, or, of an absence, when it was not. Of what is kept no longer than `kept`, nothing is said of older moments.
    `has_lift` is false of what shops are matched by.

    `found_by` reads what is seen of some shops, by an index: several signals that are found by the same are read once.
    """

    name: ChurnSignal
    title: str
    found_by: Callable[[Watched], Awaitable[Sequence[Sighting]]]
    within: timedelta = WINDOW
    kept: timedelta | None = None
    is_absence: bool = False
    has_lift: bool = True

    def is_known(self, moment: Moment, now: datetime) -> bool:
        """Whether all that it is told by is still there."""
        begin = moment.at - self.within
        had_the_app = not self.is_absence or begin >= moment.installed_at
        return had_the_app and (self.kept is None or begin >= now - self.kept)


SIGNALS: Final[Sequence[Signal]] = (
    Signal(ChurnSignal.TICKET_OPENED, "asked support", sources.of_tickets),
    Signal(ChurnSignal.TICKET_LATE, "waited longer for support than it should", sources.of_tickets),
    Signal(ChurnSignal.BAD_RATING, "was not content with support", sources.of_tickets),
    Signal(ChurnSignal.BAD_FEEDBACK, "gave two stars or fewer, or reported a bug", sources.of_feedback),
    Signal(ChurnSignal.NEW_ERROR, "met an error for the first time", sources.of_errors, kept=ERRORS_KEPT),
    Signal(ChurnSignal.DOWNGRADED, "moved to a cheaper plan", sources.of_history),
    Signal(ChurnSignal.PAYS_MORE, "began to pay more than before", sources.of_history),
    Signal(ChurnSignal.CHARGE_FAILED, "had a charge frozen or declined", sources.of_history),
    Signal(ChurnSignal.TRIAL_UNPAID, "let a trial end without paying", sources.of_history),
    Signal(ChurnSignal.WANT_DECLINED, "was told that something it had voted for will not come", sources.of_wants),
    Signal(ChurnSignal.MAIL_REFUSED, "had mail bounce, complained of it or unsubscribed", sources.of_mail),
    Signal(
        ChurnSignal.QUIET,
        "was not seen in the app for 14 days",
        sources.of_app_events,
        within=QUIET,
        kept=EVENTS_KEPT,
        is_absence=True,
    ),
    Signal(
        ChurnSignal.FIRST_DAYS,
        "had installed the app within the week",
        sources.of_history,
        within=FIRST_DAYS,
        has_lift=False,
    ),
)
