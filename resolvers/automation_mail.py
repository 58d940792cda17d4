"""Mail that automations send: whether it may go out, and why not. The dry run asks the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self

from beanie import PydanticObjectId

from core.actor import Actor
from core.inputs import iso
from mail.builtin import built_in
from models.apps import App
from models.automations import AutomationStep
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryStatus
from models.shops import Shop
from models.templates import Template
from resolvers.automation_texts import filled
from resolvers.sending import can_send
from resolvers.transactional import Recipient, queue_mail

SYSTEM: Final = Actor.system("automations")
SOURCE: Final = "automation:"
"""What the sources of such deliveries begin with."""
WEEK: Final = timedelta(days=7)
MOST_A_WEEK: Final = 4
"""Mails that automations send one person, transactional ones aside: who gets more unsubscribes."""


class Origin(NamedTuple):
    """Which step of which run a mail is of."""

    tracker_id: PydanticObjectId
    run: int
    step_id: str

    @property
    def source(self) -> str:
        """Of its delivery."""
        return f"{SOURCE}{self.tracker_id}:{self.run}:{self.step_id}"

    @classmethod
    def of(cls, source: str) -> Self:
        tracker_id, run, step_id = source.removeprefix(SOURCE).split(":", 2)
        return cls(PydanticObjectId(tracker_id), int(run), step_id)


@dataclass(frozen=True, slots=True)
class MailDecision:
    """`sentence` says whether, and why not."""

    allowed: bool
    sentence: str
    to: Contact | Recipient | None = None


def category_of(step: AutomationStep) -> ConsentCategory:
    return step.category or ConsentCategory.PRODUCT


def is_marketing(step: AutomationStep) -> bool:
    """Whether its mail is counted by the week, and waits while the app holds its mail."""
    return category_of(step) is not ConsentCategory.TRANSACTIONAL


async def decide_mail(
    app: App, shop: Shop, step: AutomationStep, at: datetime, *, planned: int = 0, source: str = ""
) -> MailDecision:
    """Whether the mail of a step may go to a shop's person, who was planned so many others besides what is stored.
    `source` is its own, which does not count."""
    category, key = category_of(step), step.template_key or ""
    if not await _has_template(app, key):
        return MailDecision(False, f"Not sent: the app has no active template {key}")
    if not shop.email:
        return MailDecision(False, "Not sent: nothing is known of the shop's address")
    verdict = await can_send(shop.email, category, app)
    if not verdict.allowed:
        return MailDecision(False, f"Not sent: {verdict.sentence}")
    contact = await Contact.find_one({"emailKey": shop.email_key, "erasedAt": None})
    if is_marketing(step) and contact is not None:
        sent = planned + await mails_lately(contact.id, at, but=source)
        if sent >= MOST_A_WEEK:
            return MailDecision(False, f"Not sent: automations wrote to the person {sent} times in the last 7 days")
    return MailDecision(True, f"The mail {key}", contact or Recipient(shop.email, shop.owner or ""))


async def send_step_mail(app: App, shop: Shop, step: AutomationStep, to: Contact | Recipient, source: str) -> Delivery:
    """Plans the mail of a step, once per source."""
    return await queue_mail(
        SYSTEM,
        app,
        step.template_key or "",
        to,
        values=_values(shop) | _given(step, shop),
        language=step.language,
        source=source,
        category=category_of(step),
    )


async def mails_lately(contact_id: PydanticObjectId, at: datetime, *, but: str = "") -> int:
    """How many mails of automations a person was sent, or is about to be, in the week before. What was held counts from
    when it went out."""
    unsent = [DeliveryStatus.SUPPRESSED.value, DeliveryStatus.FAILED.value, DeliveryStatus.CANCELLED.value]
    lately: Mapping[str, Any] = {
        "contactId": contact_id,
        "$or": [{"createdAt": {"$gt": at - WEEK}}, {"sentAt": {"$gt": at - WEEK}}],
        "source": {"$regex": f"^{SOURCE}", "$ne": but},
        "status": {"$nin": unsent},
        "category": {"$ne": ConsentCategory.TRANSACTIONAL.value},
    }
    return await Delivery.find(lately).count()


async def _has_template(app: App, key: str) -> bool:
    return built_in(key) is not None or bool(await Template.find_one({"appId": app.id, "key": key, "isActive": True}))


def _given(step: AutomationStep, shop: Shop) -> dict[str, Any]:
    values = step.values or {}
    return {name: filled(value, shop) if isinstance(value, str) else value for name, value in values.items()}


def _values(shop: Shop) -> dict[str, Any]:
    """What every such mail can say of the shop; what is not known is left to the template's defaults."""
    known = {
        "shop_domain": shop.domain,
        "shop_name": shop.name or shop.domain,
        "owner": shop.owner,
        "plan": shop.subscription.plan_name if shop.subscription else None,
        "trial_ends_at": iso(shop.trial_ends_at) if shop.trial_ends_at else None,
    }
    return {name: value for name, value in known.items() if value}
