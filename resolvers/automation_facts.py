"""What is known of shops, as conditions ask: of many shops at a time, and no more than is asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from beanie import PydanticObjectId

from conditions.evaluation import Facts
from conditions.fields import Field
from conditions.tree import EventCount, Node, leaves
from core.mongo import stored_value
from models.app_events import AppEvent
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery
from models.shops import Shop
from models.tickets import DONE, Ticket
from resolvers.automation_fields import PLAN_FIELDS, SHOP_FIELDS
from resolvers.event_effects import canonical
from resolvers.shop_changes import Standing, steps

Values = dict[str, Any]
PLAIN: Final = (str, int, float, bool)
SUBSCRIPTION: Final = "subscription."


@dataclass(frozen=True, slots=True)
class Asked:
    """What some conditions ask about: the first words of the fields, and the counts of events."""

    about: frozenset[str]
    counts: frozenset[tuple[str, timedelta]]

    @classmethod
    def by(cls, nodes: Iterable[Node]) -> "Asked":
        about, counts = set[str](), set[tuple[str, timedelta]]()
        for leaf in (leaf for node in nodes for leaf in leaves(node)):
            if isinstance(leaf, EventCount):
                counts.add((leaf.name, leaf.within))
            else:
                about.add(leaf.field.name.partition(".")[0])
        return cls(frozenset(about), frozenset(counts))


async def facts_of(
    shops: Sequence[Shop], asked: Asked, now: datetime, events: Mapping[PydanticObjectId, Mapping[str, Any]]
) -> dict[PydanticObjectId, Facts]:
    """By shop; all of them are of one app. `events` are the data of what brought them here."""
    if not shops:
        return {}
    contacts = await _contacts(shops) if asked.about & {"contact", "mail"} else {}
    tickets = await _tickets(shops) if "tickets" in asked.about else {}
    mail = await _mail(contacts) if "mail" in asked.about else {}
    counts = await _counts(shops, asked.counts, now)
    found = {}
    for shop in shops:
        contact = contacts.get(shop.email_key or "")
        values = {
            **shop_values(shop),
            **(contact_values(contact) if contact else {}),
            **(tickets.get(shop.domain, NO_TICKETS) if "tickets" in asked.about else {}),
            **(mail.get(contact.id, {}) if contact else {}),
            **_plain("event.", events.get(shop.id, {})),
        }
        found[shop.id] = Facts(now, values, since_of(shop), counts.get(shop.domain, {}))
    return found


def shop_values(shop: Shop) -> Values:
    """Of the shop itself; of a plan only where there is, or was, a subscription."""
    values = {field.name: _value(shop, field.stored or "") for field in SHOP_FIELDS}
    if shop.subscription is not None:
        for field in PLAN_FIELDS:
            values[field.name] = _of_plan(shop, field)
    return values | _plain("shop.fields.", shop.custom_fields) | _plain("shop.settings.", shop.settings)


def contact_values(contact: Contact) -> Values:
    return {
        "contact.name": contact.name,
        "contact.language": contact.language,
        "contact.country": contact.country,
        "contact.optedOut": contact.global_opt_out,
        **{f"contact.consent.{one.value}": contact.consents.of(one).state.value for one in ConsentCategory},
    }


def since_of(shop: Shop) -> dict[str, datetime]:
    """From when on a shop's status, plan and subscription have been what they are."""
    since: dict[str, datetime] = {}
    before: dict[str, Any] = {}
    for standing, change in steps(None, shop.history):
        for name, value in _standing_values(standing).items():
            if name not in before or before[name] != value:
                since[name] = change.at
            before[name] = value
    return since


def shop_at(shop: Shop, at: datetime) -> Shop | None:
    """As it stood then; None before anything was heard of it. What else is known of it is of today."""
    past = [change for change in shop.history if change.at <= at]
    standing = None
    for standing, _ in steps(None, past):  # noqa: B007  the last one counts
        pass
    if standing is None:
        return None
    then: Shop = shop.model_copy(update={**standing.fields(), "history": past})
    return then


def _standing_values(standing: Standing) -> Values:
    subscription = standing.subscription
    return {
        "shop.status": standing.status,
        "plan.handle": subscription.plan_handle if subscription else None,
        "subscription.status": subscription.status if subscription else None,
    }


def _value(document: Any, stored: str) -> Any:
    """A document's field, by its stored name, as the database has it."""
    value = stored_value(document, stored)
    return value.value if isinstance(value, Enum) else value


def _of_plan(shop: Shop, field: Field) -> Any:
    if field.name == "plan.price" and shop.subscription is not None:
        return float(shop.subscription.price)
    return _value(shop.subscription, (field.stored or "").removeprefix(SUBSCRIPTION))


def _plain(prefix: str, values: Mapping[str, Any]) -> Values:
    """What conditions can compare, among what anybody may have kept."""
    return {f"{prefix}{key}": value for key, value in values.items() if value is None or isinstance(value, PLAIN)}


async def _contacts(shops: Sequence[Shop]) -> dict[str, Contact]:
    keys = {shop.email_key for shop in shops if shop.email_key}
    found = await Contact.find({"emailKey": {"$in": [*keys]}, "erasedAt": None}).to_list() if keys else []
    return {contact.email_key: contact for contact in found}


NO_TICKETS: Final[Values] = {"tickets.total": 0, "tickets.open": 0}


async def _tickets(shops: Sequence[Shop]) -> dict[str, Values]:
    """By domain. A rating of which nothing is known is missing, not null."""
    of_shops = {"appId": shops[0].app_id, "shopDomain": {"$in": [shop.domain for shop in shops]}}
    shown = {"shopDomain": 1, "status": 1, "createdAt": 1, "rating": 1}
    found: defaultdict[str, Values] = defaultdict(lambda: dict(NO_TICKETS))
    async for row in Ticket.get_pymongo_collection().find(of_shops, shown).sort("createdAt"):
        values = found[row["shopDomain"]]
        values["tickets.total"] += 1
        values["tickets.open"] += row["status"] not in DONE
        values["tickets.lastAt"] = row["createdAt"]
        if row.get("rating"):
            values["tickets.lastRating"] = row["rating"]["score"]
    return found


async def _mail(contacts: Mapping[str, Contact]) -> dict[PydanticObjectId, Values]:
    """By contact."""
    if not contacts:
        return {}
    moments = {"lastSentAt": "$sentAt", "lastOpenedAt": "$openedAt", "lastClickedAt": "$clickedAt"}
    newest = {name: {"$max": path} for name, path in moments.items()}
    pipeline = [
        {"$match": {"contactId": {"$in": [contact.id for contact in contacts.values()]}}},
        {"$group": {"_id": "$contactId", **newest}},
    ]
    rows = await Delivery.aggregate(pipeline).to_list()
    return {row["_id"]: {f"mail.{name}": row[name] for name in moments if row.get(name)} for row in rows}


async def _counts(
    shops: Sequence[Shop], asked: Iterable[tuple[str, timedelta]], now: datetime
) -> dict[str, dict[tuple[str, timedelta], int]]:
    """By domain."""
    found: defaultdict[str, dict[tuple[str, timedelta], int]] = defaultdict(dict)
    for name, within in asked:
        match = {
            "appId": shops[0].app_id,
            "name": canonical(name),
            "shopDomain": {"$in": [shop.domain for shop in shops]},
            "occurredAt": {"$gte": now - within, "$lte": now},
        }
        group = {"$group": {"_id": "$shopDomain", "events": {"$sum": 1}}}
        for row in await AppEvent.aggregate([{"$match": match}, group]).to_list():
            found[row["_id"]][name, within] = row["events"]
    return found
