"""What the demonstration's users say: their words are in `feedback.toml`, and those who left said why."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.priorities import Priority
from models.shops import ChangeKind, Shop
from models.want_votes import WantVote
from resolvers.feedback import feedback_of
from seed.wants import BACKEND, Wishes, moment_of

FILE: Final = Path(__file__).with_name("feedback.toml")
OFTEN: Final = (1, 6)
"""How many people say the same, in their way."""
VERSIONS: Final = ("3.9.2", "4.0.0", "4.1.3", "4.2.0")
BROWSERS: Final = ("Chrome", "Chrome", "Safari", "Firefox", "Edge")
PRIORITIES: Final = {
    FeedbackType.BUG: (Priority.MEDIUM, Priority.HIGH, Priority.HIGH, Priority.URGENT),
    FeedbackType.PRAISE: (Priority.LOW,),
}
DONE: Final = (FeedbackStatus.RESOLVED, FeedbackStatus.ARCHIVED, FeedbackStatus.REVIEWED)
FRESH: Final = timedelta(days=4)
"""What is younger was not looked at yet."""
STILL_NEW: Final = 0.08


def feedback(random: Random, shops: Sequence[Shop], wished: Wishes, now: datetime) -> list[Feedback]:
    """A year of it, the oldest first."""
    voters = _voters(wished)
    said: list[Feedback] = []
    for app_id, words in tomllib.loads(FILE.read_text("utf-8")).items():
        of_app = sorted((shop for shop in shops if shop.app_id == app_id), key=lambda shop: shop.domain)
        for one in words:
            said += _said(random, app_id, one, of_app, voters, now)
        said += [reason for shop in of_app for reason in _reasons(random, shop, now)]
    return sorted(said, key=lambda one: one.created_at)


def _voters(wished: Wishes) -> dict[tuple[str, str], list[WantVote]]:
    """By app and title."""
    titles = {want.id: (want.app_id, want.title) for want in wished.wants}
    voters: defaultdict[tuple[str, str], list[WantVote]] = defaultdict(list)
    for vote in wished.votes:
        voters[titles[vote.want_id]].append(vote)
    return voters


def _said(
    random: Random,
    app_id: str,
    words: dict[str, Any],
    shops: Sequence[Shop],
    voters: dict[tuple[str, str], list[WantVote]],
    now: datetime,
) -> Iterator[Feedback]:
    """Ideas that became wants are those of people who voted for them."""
    times = random.randint(*OFTEN)
    if cast := voters.get((app_id, words.get("want", "")), []):
        for vote in random.sample(cast, min(times, len(cast))):
            person = {"email": vote.email, "email_key": vote.email_key, "shop_domain": vote.shop_domain}
            yield _one(random, app_id, words, person, vote.created_at, now, want_id=vote.want_id)
        return
    for shop in random.sample(shops, times):
        last = shop.uninstalled_at or now
        at = shop.created_at + (last - shop.created_at) * random.random()
        person = {
            "email": shop.email,
            "email_key": shop.email_key,
            "shop_domain": shop.domain,
            "name": shop.owner or "",
        }
        yield _one(random, app_id, words, person, at, now)


def _one(
    random: Random,
    app_id: str,
    words: dict[str, Any],
    person: dict[str, Any],
    at: datetime,
    now: datetime,
    **became: Any,
) -> Feedback:
    type_ = FeedbackType(words["type"])
    return _feedback(
        random,
        app_id,
        at,
        now,
        type=type_,
        rating=min(5, max(1, words["rating"] + random.choice((-1, 0, 0, 0, 1)))),
        priority=random.choice(PRIORITIES.get(type_, (Priority.LOW, Priority.MEDIUM))),
        message=words["message"],
        page=words["page"],
        app_version=random.choice(VERSIONS),
        context={"browser": random.choice(BROWSERS), "plan": random.choice(("trial", "paid"))},
        **person,
        **became,
    )


def _reasons(random: Random, shop: Shop, now: datetime) -> Iterator[Feedback]:
    """As uninstalling with a reason leaves them."""
    for change in shop.history:
        if change.kind is ChangeKind.UNINSTALLED and change.reason:
            yield _feedback(
                random,
                shop.app_id,
                change.at,
                now,
                type=FeedbackType.UNINSTALL,
                message=change.reason,
                email=shop.email,
                email_key=shop.email_key,
                name=shop.owner or "",
                shop_domain=shop.domain,
                event_id=change.event_id,
            )


def _feedback(random: Random, app_id: str, at: datetime, now: datetime, **fields: Any) -> Feedback:
    at = moment_of(at)
    is_new = at > now - FRESH or random.random() < STILL_NEW
    status = FeedbackStatus.NEW if is_new else random.choice(DONE)
    looked = at if is_new else moment_of(min(now, at + timedelta(hours=random.uniform(1, 90))))
    return feedback_of(
        app_id,
        status=status,
        resolved_at=looked if status is FeedbackStatus.RESOLVED else None,
        created_by=BACKEND,
        created_at=at,
        updated_at=looked,
        **fields,
    )
