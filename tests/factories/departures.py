"""Shops that left an app or stayed, and what happened to them: one thing of each kind that may have made them leave."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from models.app_events import KEPT, AppEvent
from models.contacts import Contact, ContactShop
from models.email_events import EmailEventType
from models.log_tallies import ErrorGroupShop
from models.shops import Change, ChangeKind, Shop, SubscriptionStatus
from models.tickets import Ticket, TicketClock, TicketRating, TicketSource
from models.want_votes import WantVote
from models.wants import WantChange, WantStatus
from resolvers.churn_sources import ChurnSignal
from resolvers.shop_changes import replayed
from tests.factories.feedback import a_feedback
from tests.factories.mail import a_delivery, an_email_event
from tests.factories.shops import a_change, terms
from tests.factories.wants import a_want

GROUP: Final = "an-error"

_numbers = count(1)


async def a_stay(
    app_id: str, domain: str, installed: datetime, left: datetime | None = None, *changes: Change, **fields: Any
) -> Shop:
    """A shop that had the app, and left it or not; `changes` happened in between."""
    moves = [a_change(ChangeKind.INSTALLED, installed), *changes]
    if left is not None:
        moves.append(a_change(ChangeKind.UNINSTALLED, left).model_copy(update={"reason": "Too expensive"}))
    standing, history = replayed(moves)
    assert standing is not None
    return await Shop(app_id=app_id, domain=domain, history=history, **standing.fields(), **fields).insert()


async def _ticket(shop: Shop, began: datetime, **fields: Any) -> None:
    number = next(_numbers)
    known = {"message": "How?", "email": "ada@example.com", "email_key": "ada@example.com", "people_keys": []}
    when = {"created_at": began, "last_message_at": began}
    whose = {"app_id": shop.app_id, "shop_domain": shop.domain, "created_by": "tests", "source": TicketSource.WEB}
    await Ticket(number=number, subject=f"Question {number}", **known, **when, **whose, **fields).insert()


async def _late_ticket(shop: Shop, at: datetime) -> None:
    await _ticket(shop, at - timedelta(days=45), first_response=TicketClock(breached_at=at))


async def _bad_rating(shop: Shop, at: datetime) -> None:
    await _ticket(shop, at - timedelta(days=45), rating=TicketRating(score=2, comment="Slow", at=at))


async def _bug(shop: Shop, at: datetime) -> None:
    await a_feedback(shop.app_id, shop_domain=shop.domain, type="bug", created_at=at)


async def an_error_at(shop: Shop, at: datetime, group: str = GROUP) -> None:
    known = {"app_id": shop.app_id, "shop_domain": shop.domain, "group_id": f"{shop.app_id}:{group}"}
    one = ErrorGroupShop(
        id=f"{shop.app_id}:{group}:{shop.domain}", first_seen=at, last_seen=at, expires_at=at + KEPT, **known
    )
    await one.insert()


async def _changed(shop: Shop, *changes: Change) -> None:
    _, history = replayed([*shop.history, *changes])
    await shop.set({"history": history})


async def _cheaper(shop: Shop, at: datetime) -> None:
    earlier = at - timedelta(days=40)
    paid = a_change(ChangeKind.PLAN_CHANGED, earlier, terms("max", price="90", since=earlier))
    await _changed(shop, paid, a_change(ChangeKind.PLAN_CHANGED, at, terms("pro", since=at)))


async def _dearer(shop: Shop, at: datetime) -> None:
    earlier = at - timedelta(days=40)
    paid = a_change(ChangeKind.PLAN_CHANGED, earlier, terms("pro", since=earlier))
    await _changed(shop, paid, a_change(ChangeKind.PLAN_CHANGED, at, terms("max", price="90", since=at)))


async def _frozen(shop: Shop, at: datetime) -> None:
    await _changed(shop, a_change(ChangeKind.PLAN_CHANGED, at, terms(status=SubscriptionStatus.FROZEN, since=at)))


async def _trial_unpaid(shop: Shop, at: datetime) -> None:
    """It starts a trial, and cancels before the end of it."""
    began = at - timedelta(days=14)
    trial = a_change(ChangeKind.PLAN_CHANGED, began, terms(trial_days=14, since=began))
    ended = terms(trial_days=14, status=SubscriptionStatus.CANCELLED, since=began)
    await _changed(shop, trial, a_change(ChangeKind.PLAN_CHANGED, began + timedelta(days=3), ended))


async def _declined(shop: Shop, at: datetime) -> None:
    change = WantChange(before=WantStatus.UNDER_REVIEW, after=WantStatus.DECLINED, at=at, by="tests")
    want = await a_want(shop.app_id, status=WantStatus.DECLINED, history=[change])
    vote = {"identity": f"shop:{shop.domain}", "shop_domain": shop.domain, "cast_by": "tests"}
    await WantVote(app_id=shop.app_id, want_id=want.id, created_at=at - timedelta(days=60), **vote).insert()


async def _unsubscribed(shop: Shop, at: datetime) -> None:
    email = f"ada-{next(_numbers)}@example.com"
    shops = [ContactShop(app_id=shop.app_id, domain=shop.domain)]
    contact = await Contact(email=email, email_key=email, shops=shops).insert()
    delivery = await a_delivery(contact, app_id=shop.app_id)
    await an_email_event(delivery, EmailEventType.UNSUBSCRIBED, at=at)


async def seen_in_the_app(shop: Shop, at: datetime) -> None:
    known = {"app_id": shop.app_id, "shop_domain": shop.domain, "name": "banner-published", "sent_by": "tests"}
    await AppEvent(**known, occurred_at=at, expires_at=at + KEPT).insert()


HAPPENING: Final[Mapping[ChurnSignal, Callable[[Shop, datetime], Awaitable[None]]]] = {
    ChurnSignal.TICKET_OPENED: _ticket,
    ChurnSignal.TICKET_LATE: _late_ticket,
    ChurnSignal.BAD_RATING: _bad_rating,
    ChurnSignal.BAD_FEEDBACK: _bug,
    ChurnSignal.NEW_ERROR: an_error_at,
    ChurnSignal.DOWNGRADED: _cheaper,
    ChurnSignal.PAYS_MORE: _dearer,
    ChurnSignal.CHARGE_FAILED: _frozen,
    ChurnSignal.TRIAL_UNPAID: _trial_unpaid,
    ChurnSignal.WANT_DECLINED: _declined,
    ChurnSignal.MAIL_REFUSED: _unsubscribed,
}
"""What happens at a moment; the two signals that are not there follow from when nothing did."""
