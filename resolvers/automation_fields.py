"""The fields that conditions can ask about: the one catalogue. What they are worth is in `automation_facts`."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from conditions.fields import Catalogue, Family, Field, Kind
from models.contacts import ConsentCategory, ConsentState
from models.plans import Interval
from models.shops import ShopStatus, SubscriptionStatus


def _values(enum: Iterable[StrEnum]) -> frozenset[str]:
    return frozenset(one.value for one in enum)


SHOP_FIELDS: Final = (
    Field("shop.domain", Kind.TEXT, "Its domain at Shopify", "domain"),
    Field("shop.name", Kind.TEXT, "What it is called", "name"),
    Field("shop.email", Kind.TEXT, "Its address", "email", is_personal=True),
    Field("shop.owner", Kind.TEXT, "Whose it is", "owner", is_personal=True),
    Field("shop.country", Kind.TEXT, "ISO 3166-1 alpha-2", "country"),
    Field("shop.currency", Kind.TEXT, "ISO 4217", "currency"),
    Field("shop.locale", Kind.TEXT, "BCP 47", "locale"),
    Field("shop.shopifyPlan", Kind.TEXT, "Its plan at Shopify", "shopifyPlan"),
    Field("shop.isTest", Kind.BOOLEAN, "Whether it is a development store", "isTest"),
    Field("shop.status", Kind.TEXT, "Where it stands", "status", _values(ShopStatus), has_history=True),
    Field("shop.installedAt", Kind.MOMENT, "When the app was installed last", "installedAt"),
    Field(
        "shop.uninstalledAt", Kind.MOMENT, "When the app was uninstalled; null while it is installed", "uninstalledAt"
    ),
    Field("shop.trialEndsAt", Kind.MOMENT, "When its trial ends, or ended", "trialEndsAt"),
    Field("shop.lastSeenAt", Kind.MOMENT, "Of the newest event that the app's backend reported", "lastSeenAt"),
    Field("shop.tags", Kind.TEXTS, "What automations tagged it with", "tags"),
)
PLAN_FIELDS: Final = (
    Field("plan.handle", Kind.TEXT, "Of its plan", "subscription.planHandle", has_history=True),
    Field("plan.name", Kind.TEXT, "Of its plan", "subscription.planName"),
    Field("plan.price", Kind.NUMBER, "What it subscribed at, per interval"),
    Field("plan.currency", Kind.TEXT, "ISO 4217", "subscription.currency"),
    Field("plan.interval", Kind.TEXT, "Of its plan", "subscription.interval", _values(Interval)),
    Field(
        "subscription.status", Kind.TEXT, "As at Shopify", "subscription.status", _values(SubscriptionStatus),
        has_history=True,
    ),
    Field("subscription.since", Kind.MOMENT, "When it subscribed", "subscription.since"),
    Field("subscription.isTest", Kind.BOOLEAN, "Whether Shopify does not bill it", "subscription.isTest"),
)  # fmt: skip
CONTACT_FIELDS: Final = (
    Field("contact.name", Kind.TEXT, "Of the person at the shop's address", is_personal=True),
    Field("contact.language", Kind.TEXT, "ISO 639-1"),
    Field("contact.country", Kind.TEXT, "ISO 3166-1 alpha-2"),
    Field("contact.optedOut", Kind.BOOLEAN, "Of all mail but transactional"),
    *(
        Field(f"contact.consent.{category.value}", Kind.TEXT, f"To {category.value} mail", values=_values(ConsentState))
        for category in ConsentCategory
    ),
)
SUPPORT_FIELDS: Final = (
    Field("tickets.total", Kind.NUMBER, "How many tickets the shop has had"),
    Field("tickets.open", Kind.NUMBER, "How many of them are not resolved"),
    Field("tickets.lastAt", Kind.MOMENT, "When its newest ticket was opened"),
    Field("tickets.lastRating", Kind.NUMBER, "The newest rating of a ticket, 1 to 5"),
)
MAIL_FIELDS: Final = (
    Field("mail.lastSentAt", Kind.MOMENT, "When the person was last sent something"),
    Field("mail.lastOpenedAt", Kind.MOMENT, "When they last opened something"),
    Field("mail.lastClickedAt", Kind.MOMENT, "When they last followed a link"),
)
FAMILIES: Final = (
    Family("shop.fields.", Kind.VALUE, "What automations set"),
    Family("shop.settings.", Kind.VALUE, "What staff and the app's backend keep with the shop"),
    Family("event.", Kind.VALUE, "The data of the event that started the automation"),
)
CATALOGUE: Final = Catalogue.of([*SHOP_FIELDS, *PLAN_FIELDS, *CONTACT_FIELDS, *SUPPORT_FIELDS, *MAIL_FIELDS], FAMILIES)
