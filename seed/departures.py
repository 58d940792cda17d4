"""What went before when merchants of the demonstration left: many were not seen any more, some had complained."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from models.app_events import AppEvent
from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.shops import Shop
from resolvers.event_effects import KNOWN
from resolvers.feedback import feedback_of
from seed.wants import BACKEND, moment_of

FADES: Final = 0.8
FADES_FOR: Final = timedelta(days=18)
COMPLAINS: Final = 0.22
LATELY: Final = timedelta(days=24)
COMPLAINTS: Final = (
    (FeedbackType.OTHER, 2, "I expected more for this price."),
    (FeedbackType.OTHER, 1, "It took us a whole day to set up, and then it looked wrong on phones."),
    (FeedbackType.BUG, 2, "Our pages are slower since we installed it."),
    (FeedbackType.BUG, 1, "It stopped working after the last update, twice."),
    (FeedbackType.OTHER, 2, "Nobody uses it any more, to be honest."),
)


def without_faded(random: Random, shops: Sequence[Shop], events: Sequence[AppEvent]) -> list[AppEvent]:
    """The events without what most shops did in an app in the weeks before they left it: nothing."""
    left = {(shop.app_id, shop.domain): shop.uninstalled_at for shop in shops if random.random() < FADES}
    return [event for event in events if event.name in KNOWN or not _is_late(event, left)]


def _is_late(event: AppEvent, left: Mapping[tuple[str, str], datetime | None]) -> bool:
    at = left.get((event.app_id, event.shop_domain or ""))
    return at is not None and event.occurred_at > at - FADES_FOR


def complaints(random: Random, shops: Sequence[Shop]) -> Iterator[Feedback]:
    """Of some that left, in the weeks before."""
    for shop in shops:
        if shop.uninstalled_at is None or random.random() > COMPLAINS:
            continue
        type_, rating, message = random.choice(COMPLAINTS)
        had_it_for = shop.uninstalled_at - shop.installed_at
        at = moment_of(shop.uninstalled_at - min(LATELY, had_it_for) * random.random())
        yield feedback_of(
            shop.app_id,
            type=type_,
            rating=rating,
            message=message,
            status=FeedbackStatus.REVIEWED,
            email=shop.email,
            email_key=shop.email_key,
            name=shop.owner or "",
            shop_domain=shop.domain,
            created_by=BACKEND,
            created_at=at,
            updated_at=at,
        )
