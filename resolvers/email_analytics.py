"""How mail is doing: read from the rollups that the workers maintain, which equal a recount of the events.

Rates are from 0 to 1. Opens and clicks are shares of what was delivered, and count a mail once, however often it was
opened; bounces are a share of what was sent, complaints of what was delivered. Scanners count nowhere.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId

from core import clock
from core.access import STAFF, allow
from core.actor import Actor
from core.days import DAY, day_of
from core.errors import InvalidInput, found
from core.ids import object_id
from core.mongo import slice_of
from core.pages import Slice, Sort, SortKey, Window
from models.campaigns import Campaign
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_events import EmailEvent, EmailEventType
from models.email_rollups import ContactRollup, DayRollup, EmailCounts, LinkClicks, RollupScope
from resolvers.apps import visible_app
from resolvers.contacts import get_contact
from resolvers.email_totals import Total, share, total_of

DAYS_BY_DEFAULT: Final = 30
MOST_DAYS: Final = 366
TOP_LINKS: Final = 20
LATEST_EVENTS: Final = 50


@dataclass(frozen=True, slots=True)
class EmailNumbers:
    sent: int
    delivered: int
    opened: int
    unique_opens: int
    clicked: int
    unique_clicks: int
    bounced: int
    complained: int
    unsubscribed: int
    replied: int
    failed: int
    suppressed: int
    machine_opened: int
    machine_clicked: int

    @property
    def open_rate(self) -> float:
        return share(self.unique_opens, self.delivered)

    @property
    def click_through_rate(self) -> float:
        return share(self.unique_clicks, self.delivered)

    @property
    def bounce_rate(self) -> float:
        return share(self.bounced, self.sent)

    @property
    def complaint_rate(self) -> float:
        return share(self.complained, self.delivered)


@dataclass(frozen=True, slots=True)
class DayNumbers:
    day: datetime
    numbers: EmailNumbers

    @property
    def date(self) -> str:
        return f"{self.day:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class TypeOnDay:
    day: datetime
    type: EmailEventType
    count: int

    @property
    def date(self) -> str:
        return f"{self.day:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class EmailOverview:
    """`timeline` has every day of the period, the first one first."""

    numbers: EmailNumbers
    timeline: Sequence[DayNumbers]


@dataclass(frozen=True, slots=True)
class CampaignAnalytics:
    """`timeline` has what happened, day by day; days on which nothing did are left out."""

    campaign_id: PydanticObjectId
    numbers: EmailNumbers
    top_links: Sequence[LinkClicks]
    timeline: Sequence[TypeOnDay]


@dataclass(frozen=True, slots=True)
class CampaignEventStats:
    counts: EmailCounts
    unique_opens: int
    unique_clicks: int


@dataclass(frozen=True, slots=True)
class ContactEmailAnalytics:
    """`events` are the latest, the newest first."""

    contact_id: PydanticObjectId
    counts: EmailCounts
    events: Sequence[EmailEvent]


@dataclass(frozen=True, slots=True)
class CampaignRecipient:
    """`events` are the types of what happened, in the order in which each happened first; `last_event` is the type of
    what happened last."""

    delivery: Delivery
    events: Sequence[EmailEventType]
    last_event: EmailEventType | None

    @property
    def id(self) -> PydanticObjectId:
        return self.delivery.id

    @property
    def contact_id(self) -> PydanticObjectId | None:
        return self.delivery.contact_id

    @property
    def email(self) -> str:
        return self.delivery.email

    @property
    def status(self) -> DeliveryStatus:
        return self.delivery.status


class RecipientSortKey(SortKey):
    CREATED_AT = "createdAt", "_id"


@allow(STAFF)
async def email_overview(
    actor: Actor, since: datetime | None = None, until: datetime | None = None, app_id: str | None = None
) -> EmailOverview:
    """How all mail is doing, or an app's: from one UTC day to another, both included; the last 30 days where nothing
    else is said."""
    first, last = _period(since, until)
    which: dict[str, Any] = {"scope": RollupScope.APP.value, "day": {"$gte": first, "$lte": last}}
    if app_id is not None:
        which["appId"] = (await visible_app(actor, app_id)).id
    rows = await DayRollup.get_pymongo_collection().find(which).to_list()
    total = total_of(rows)
    by_day: dict[datetime, list[Any]] = {first + number * DAY: [] for number in range((last - first).days + 1)}
    for row in rows:
        by_day[row["day"]].append(row)
    timeline = [DayNumbers(day, _numbers(total_of(of_day), total.reporting)) for day, of_day in by_day.items()]
    return EmailOverview(_numbers(total, total.reporting), timeline)


@allow(STAFF)
async def campaign_analytics(actor: Actor, campaign_id: str) -> CampaignAnalytics:
    """How a campaign did, with its busiest links."""
    campaign = await _campaign(campaign_id)
    rows = await _rollups_of(campaign)
    total = total_of(rows)
    return CampaignAnalytics(
        campaign.id,
        _numbers(total, total.reporting),
        total.busiest_links[:TOP_LINKS],
        [
            TypeOnDay(row["day"], type_, count)
            for row in rows
            for type_ in EmailEventType
            if (count := row.get("counts", {}).get(type_.value, 0))
        ],
    )


@allow(STAFF)
async def campaign_event_stats(actor: Actor, campaign_id: str) -> CampaignEventStats:
    """How many events of a campaign there are of each type, and how many of its mails were opened and clicked."""
    total = total_of(await _rollups_of(await _campaign(campaign_id)))
    return CampaignEventStats(EmailCounts(**total.counts), total.unique_opens, total.unique_clicks)


@allow(STAFF)
async def list_campaign_recipients(
    actor: Actor, campaign_id: str, window: Window, sort: Sort
) -> Slice[CampaignRecipient]:
    """A campaign's recipients, and what became of the mail of each."""
    campaign = await _campaign(campaign_id)
    mails = {"campaignId": campaign.id, "kind": DeliveryKind.CAMPAIGN.value}
    deliveries = await slice_of(Delivery, mails, sort, window)
    return Slice(
        await _recipients(deliveries.items),
        deliveries.count,
        lambda recipient: deliveries.cursor_of(recipient.delivery),
        deliveries.has_next,
        deliveries.has_previous,
    )


@allow(STAFF)
async def contact_email_analytics(actor: Actor, contact_id: str) -> ContactEmailAnalytics:
    """How one contact deals with our mail."""
    contact = await get_contact(actor, contact_id)
    rollup = await ContactRollup.get(contact.id)
    order = ("-createdAt", "-_id")
    events = await EmailEvent.find({"contactId": contact.id}).sort(*order).limit(LATEST_EVENTS).to_list()
    return ContactEmailAnalytics(contact.id, rollup.counts if rollup else EmailCounts(), events)


def _period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The first and the last day."""
    last = day_of(until or max(clock.now(), since or clock.now()))
    first = day_of(since) if since else last - timedelta(days=DAYS_BY_DEFAULT - 1)
    if first > last:
        raise InvalidInput("from must not be after to", "from")
    if last - first >= timedelta(days=MOST_DAYS):
        raise InvalidInput(f"from and to must be at most {MOST_DAYS} days apart", "from")
    return first, last


async def _campaign(campaign_id: str) -> Campaign:
    identity = object_id(campaign_id)
    return found(await Campaign.get(identity) if identity else None, "Campaign")


async def _rollups_of(campaign: Campaign) -> list[dict[str, Any]]:
    return await DayRollup.get_pymongo_collection().find({"campaignId": campaign.id}).sort("day").to_list()


def _numbers(total: Total, reporting: Collection[str]) -> EmailNumbers:
    count = total.counts.get
    return EmailNumbers(
        sent=count("sent", 0),
        delivered=total.delivered(reporting),
        opened=count("opened", 0),
        unique_opens=total.unique_opens,
        clicked=count("clicked", 0),
        unique_clicks=total.unique_clicks,
        bounced=count("bounced", 0),
        complained=count("complained", 0),
        unsubscribed=count("unsubscribed", 0),
        replied=count("replied", 0),
        failed=count("failed", 0),
        suppressed=count("suppressed", 0),
        machine_opened=count("machineOpened", 0),
        machine_clicked=count("machineClicked", 0),
    )


async def _recipients(deliveries: Sequence[Delivery]) -> list[CampaignRecipient]:
    happened: dict[ObjectId, list[dict[str, Any]]] = {delivery.id: [] for delivery in deliveries}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"deliveryId": {"$in": [*happened]}, "isMachine": {"$ne": True}}},
        {
            "$group": {
                "_id": {"delivery": "$deliveryId", "type": "$type"},
                "first": {"$min": "$at"},
                "last": {"$max": "$at"},
            }
        },
    ]
    async for row in await EmailEvent.get_pymongo_collection().aggregate(pipeline):
        happened[row["_id"]["delivery"]].append(row)
    return [
        CampaignRecipient(delivery, _types(happened[delivery.id], "first"), _last(happened[delivery.id]))
        for delivery in deliveries
    ]


def _types(rows: Iterable[dict[str, Any]], moment: str) -> list[EmailEventType]:
    """In the order of the moments; of those at once, in the order in which a mail goes through them."""
    life = list(EmailEventType)
    typed = [(row[moment], life.index(EmailEventType(row["_id"]["type"]))) for row in rows]
    return [life[place] for _, place in sorted(typed)]


def _last(rows: Iterable[dict[str, Any]]) -> EmailEventType | None:
    types = _types(rows, "last")
    return types[-1] if types else None
