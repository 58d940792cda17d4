"""Where it is seen what happened to some shops of an app: each source reads it for all of them at once, by an index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from models.app_events import AppEvent
from models.base import Record
from models.contacts import Contact
from models.email_events import TOLD_OF_PEOPLE, EmailEvent, EmailEventType
from models.feedback import Feedback, FeedbackType
from models.log_tallies import ErrorGroupShop
from models.shops import ShopHistory, ShopStatus, Subscription, SubscriptionStatus, monthly_revenue
from models.tickets import Ticket
from models.want_votes import WantVote
from models.wants import Want, WantStatus
from resolvers.churn_moments import Moment
from resolvers.shop_changes import Standing, steps

BAD: Final = 2
"""Of one to five, this is bad, and less is."""
ASKED_BEFORE: Final = timedelta(days=60)
"""So long before the time in question a ticket may have begun that was late, or rated, in it."""
MAIL_REFUSED: Final = (EmailEventType.BOUNCED, EmailEventType.COMPLAINED, EmailEventType.UNSUBSCRIBED)
CHARGE_FAILED: Final = frozenset({SubscriptionStatus.FROZEN, SubscriptionStatus.DECLINED})


class ChurnSignal(StrEnum):
    TICKET_OPENED = "ticket_opened"
    TICKET_LATE = "ticket_late"
    BAD_RATING = "bad_rating"
    BAD_FEEDBACK = "bad_feedback"
    NEW_ERROR = "new_error"
    DOWNGRADED = "downgraded"
    PAYS_MORE = "pays_more"
    CHARGE_FAILED = "charge_failed"
    TRIAL_UNPAID = "trial_unpaid"
    WANT_DECLINED = "want_declined"
    MAIL_REFUSED = "mail_refused"
    QUIET = "quiet"
    FIRST_DAYS = "first_days"


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a signal was seen of a shop. `detail` says more, for people to read; `subject` is the id of what it was, of
    an error its group's."""

    signal: ChurnSignal
    domain: str
    at: datetime
    detail: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """Some shops of an app, by domain, each at one moment, with the histories of those to which anything happened; and
    the time in which anything about them counts, from `since` on, before `until`."""

    app_id: str
    moments: Mapping[str, Moment]
    histories: Sequence[ShopHistory]
    since: datetime
    until: datetime
    now: datetime

    @property
    def domains(self) -> Sequence[str]:
        return list(self.moments)

    @property
    def time(self) -> Mapping[str, datetime]:
        return {"$gte": self.since, "$lt": self.until}


async def of_tickets(watched: Watched) -> Sequence[Sighting]:
    """When tickets began, when they passed the time that an answer or a solution may take, and how they were rated."""
    began = {"$gte": watched.since - ASKED_BEFORE, "$lt": watched.until}
    query = {"appId": watched.app_id, "shopDomain": {"$in": watched.domains}, "createdAt": began}
    shown = ("shopDomain", "createdAt", "subject", "firstResponse.breachedAt", "resolution.breachedAt", "rating")
    return [sighting for stored in await read_stored(Ticket, query, *shown) for sighting in _of_ticket(stored)]


def _of_ticket(stored: Mapping[str, Any]) -> Iterator[Sighting]:
    domain, subject, ticket_id = stored["shopDomain"], stored["subject"], str(stored["_id"])
    yield Sighting(ChurnSignal.TICKET_OPENED, domain, stored["createdAt"], subject, ticket_id)
    for clock in ("firstResponse", "resolution"):
        if at := stored.get(clock, {}).get("breachedAt"):
            yield Sighting(ChurnSignal.TICKET_LATE, domain, at, subject, ticket_id)
    rating = stored.get("rating")
    if rating and rating["score"] <= BAD:
        yield Sighting(ChurnSignal.BAD_RATING, domain, rating["at"], rating.get("comment") or subject, ticket_id)


async def of_feedback(watched: Watched) -> Sequence[Sighting]:
    """What was said before leaving; reasons for leaving come with it, and are no signs of it."""
    query = {"shopDomain": {"$in": watched.domains}, "createdAt": watched.time, "appId": watched.app_id}
    found = await read_stored(Feedback, query, "shopDomain", "createdAt", "type", "rating", "message")
    return [
        Sighting(ChurnSignal.BAD_FEEDBACK, one["shopDomain"], one["createdAt"], one["message"], str(one["_id"]))
        for one in found
        if one["type"] != FeedbackType.UNINSTALL
        and (one["type"] == FeedbackType.BUG or (one.get("rating") or BAD + 1) <= BAD)
    ]


async def of_errors(watched: Watched) -> Sequence[Sighting]:
    """When shops met errors first. When they met them last is not asked: of those that stayed that is later, just
    because they stayed."""
    query = {"shopDomain": {"$in": watched.domains}, "firstSeen": watched.time, "appId": watched.app_id}
    found = await read_stored(ErrorGroupShop, query, "shopDomain", "firstSeen", "groupId")
    return [
        Sighting(ChurnSignal.NEW_ERROR, one["shopDomain"], one["firstSeen"], subject=one["groupId"]) for one in found
    ]


async def of_wants(watched: Watched) -> Sequence[Sighting]:
    """When wants were declined that the shops had voted for by then."""
    query = {"shopDomain": {"$in": watched.domains}, "createdAt": {"$lt": watched.until}, "appId": watched.app_id}
    votes = await read_stored(WantVote, query, "shopDomain", "createdAt", "wantId")
    declined = {"_id": {"$in": list({vote["wantId"] for vote in votes})}, "status": WantStatus.DECLINED.value}
    wants = {want["_id"]: want for want in await read_stored(Want, declined, "title", "history")}
    return [
        Sighting(ChurnSignal.WANT_DECLINED, vote["shopDomain"], change["at"], want["title"], str(want["_id"]))
        for vote in votes
        if (want := wants.get(vote["wantId"]))
        for change in want["history"]
        if change["after"] == WantStatus.DECLINED and change["at"] >= vote["createdAt"]
    ]


async def of_mail(watched: Watched) -> Sequence[Sighting]:
    """What became of mail to those whose address is the shop's."""
    contacts = await read_stored(Contact, {"shops.domain": {"$in": watched.domains}}, "shops")
    domains = {
        contact["_id"]: [
            shop["domain"]
            for shop in contact["shops"]
            if shop["appId"] == watched.app_id and shop["domain"] in watched.moments
        ]
        for contact in contacts
    }
    query = {
        **TOLD_OF_PEOPLE,
        "contactId": {"$in": list(domains)},
        "at": watched.time,
        "appId": {"$in": [watched.app_id, None]},
    }
    refused = {"$and": [query, {"type": {"$in": [one.value for one in MAIL_REFUSED]}}]}
    return [
        Sighting(ChurnSignal.MAIL_REFUSED, domain, event["at"], event["type"], str(event["_id"]))
        for event in await read_stored(EmailEvent, refused, "contactId", "at", "type")
        for domain in domains[event["contactId"]]
    ]


async def of_app_events(watched: Watched) -> Sequence[Sighting]:
    """Whenever the app's backend reported anything of them."""
    query = {"appId": watched.app_id, "shopDomain": {"$in": watched.domains}, "occurredAt": watched.time}
    found = await read_stored(AppEvent, query, "shopDomain", "occurredAt")
    return [Sighting(ChurnSignal.QUIET, one["shopDomain"], one["occurredAt"]) for one in found]


async def of_history(watched: Watched) -> Sequence[Sighting]:
    """Of plans, charges, trials and installations: from the shops themselves."""
    installed = [
        Sighting(ChurnSignal.FIRST_DAYS, one.domain, one.installed_at, subject=one.domain)
        for one in watched.moments.values()
    ]
    return installed + [one for shop in watched.histories for one in _of_life(shop)]


def _of_life(shop: ShopHistory) -> Iterator[Sighting]:
    walked = [(standing, change.at) for standing, change in steps(None, shop.history)]
    yield from _of_charges(shop)
    for (before, _), (after, at) in pairwise(walked):
        yield from _of_price(shop.domain, before.subscription, after.subscription, at)
    for (standing, since), until in zip(walked, [*(at for _, at in walked[1:]), None], strict=True):
        yield from _of_trial(shop.domain, standing, since, until)


def _of_charges(shop: ShopHistory) -> Iterator[Sighting]:
    for change in shop.history:
        if change.subscription is not None and change.subscription.status in CHARGE_FAILED:
            detail = f"{change.subscription.plan_name}: {change.subscription.status.lower()}"
            yield Sighting(ChurnSignal.CHARGE_FAILED, shop.domain, change.at, detail)


def _of_trial(domain: str, standing: Standing, since: datetime, until: datetime | None) -> Iterator[Sighting]:
    """The shop stands like that from when on, and until something else happens to it."""
    ends = standing.trial_ends_at
    if ends is None or ends < since or (until is not None and ends >= until):
        return
    if not monthly_revenue(standing.subscription, standing.status, None, ends, is_test=False):
        yield Sighting(ChurnSignal.TRIAL_UNPAID, domain, ends)


def _of_price(domain: str, before: Subscription | None, after: Subscription | None, at: datetime) -> Iterator[Sighting]:
    was, is_now = _price(before, at), _price(after, at)
    is_used = after is not None and after.status is SubscriptionStatus.ACTIVE
    if before is None or after is None or not was or not is_used or before.currency != after.currency:
        return
    detail = f"{before.plan_name} → {after.plan_name}"
    if is_now < was:
        yield Sighting(ChurnSignal.DOWNGRADED, domain, at, detail)
    elif is_now > was:
        yield Sighting(ChurnSignal.PAYS_MORE, domain, at, detail)


def _price(subscription: Subscription | None, at: datetime) -> Decimal:
    """A month, whether in a trial or not."""
    return monthly_revenue(subscription, ShopStatus.ACTIVE, None, at, is_test=False)


async def read_stored(document: type[Record], query: Mapping[str, Any], *shown: str) -> list[dict[str, Any]]:
    """As it is stored: of thousands, the models would cost more than the reading."""
    return await document.get_pymongo_collection().find(query, dict.fromkeys(shown, 1)).to_list()
