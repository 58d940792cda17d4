"""Merchants: the same shop in all the apps."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Final

from beanie.odm.enums import SortDirection

from core.access import STAFF, allow
from core.actor import Actor
from core.errors import NotFound
from core.inputs import Input, Search
from core.mongo import Filter, containing
from core.pages import Cursor, Range, Slice
from models.apps import App
from models.shops import Change, Shop, ShopDomain
from resolvers.shop_changes import GONE

FIELDS_OF_FACTS: Final = ("name", "email", "owner", "country")


class MerchantFilter(Input):
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class MerchantChange:
    """Something that happened to a merchant, in one of the apps."""

    shop: Shop
    change: Change


@dataclass(frozen=True, slots=True)
class Merchant:
    """What is known of a merchant. `shops` has one per app, that of the latest installation first: what it says of
    the merchant counts, and the others fill in what it does not say."""

    domain: str
    name: str | None
    email: str | None
    owner: str | None
    country: str | None
    shops: Sequence[Shop]

    @classmethod
    def of(cls, domain: str, shops: Sequence[Shop]) -> "Merchant":
        latest = sorted(shops, key=attrgetter("installed_at"), reverse=True)
        facts = {
            field: next((fact for shop in latest if (fact := getattr(shop, field))), None) for field in FIELDS_OF_FACTS
        }
        return cls(domain=domain, shops=latest, **facts)

    @property
    def installed_app_ids(self) -> list[str]:
        """The apps that the merchant has now."""
        return sorted(shop.app_id for shop in self.shops if shop.status not in GONE)

    @property
    def first_seen(self) -> datetime:
        return min(moment for shop in self.shops for moment in (shop.installed_at, *(one.at for one in shop.history)))

    @property
    def history(self) -> list[MerchantChange]:
        """What happened in all the apps, the newest first."""
        changes = [MerchantChange(shop, change) for shop in self.shops for change in reversed(shop.history)]
        return sorted(changes, key=lambda told: told.change.at, reverse=True)

    def monthly_revenue(self, at: datetime) -> Mapping[str, Decimal]:
        """By currency."""
        return monthly_revenue_of(self.shops, at)


@allow(STAFF)
async def get_merchant(actor: Actor, domain: str) -> Merchant:
    """One merchant with its shops in all the apps, by its Shopify domain."""
    shops = await Shop.find({"domain": domain.lower()}).to_list()
    if not shops:
        raise NotFound("Merchant not found")
    return Merchant.of(shops[0].domain, shops)


@allow(STAFF)
async def list_merchants(actor: Actor, window: Range, filters: MerchantFilter) -> Slice[Merchant]:
    """Merchants, in the alphabetical order of their domains."""
    query: Filter = {"searchText": containing(filters.search)} if filters.search else {}
    found = await _domains(query, window)
    domains, more = found[: window.limit], len(found) > window.limit

    async def count() -> int:
        stages = [{"$match": query}, {"$group": {"_id": "$domain"}}, {"$count": "merchants"}]
        rows = await Shop.aggregate(stages).to_list()
        return int(rows[0]["merchants"]) if rows else 0

    return Slice(
        await merchants_at(domains),
        count,
        lambda merchant: Cursor(merchant.domain, merchant.domain),
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )


async def merchants_at(domains: Sequence[str]) -> list[Merchant]:
    """Those of the domains that have, or had, an app, in alphabetical order."""
    shops = await Shop.find({"domain": {"$in": list(domains)}}).sort("domain").to_list()
    return [Merchant.of(domain, list(group)) for domain, group in groupby(shops, key=attrgetter("domain"))]


def monthly_revenue_of(shops: Sequence[Shop], at: datetime) -> Mapping[str, Decimal]:
    """What shops pay a month, by currency."""
    revenue: defaultdict[str, Decimal] = defaultdict(Decimal)
    for shop in shops:
        if shop.subscription is not None and (amount := shop.monthly_revenue(at)):
            revenue[shop.subscription.currency] += amount
    return revenue


async def _domains(query: Filter, window: Range) -> list[str]:
    """Those of the window and one more, read by index: a merchant has at most one shop per app."""
    cursors = {"$gt": window.after, "$lt": window.before}
    bounds = {operator: cursor.value for operator, cursor in cursors.items() if cursor is not None}
    matching = {**query, "domain": bounds} if bounds else query
    direction = SortDirection.DESCENDING if window.backward else SortDirection.ASCENDING
    shops = (
        Shop.find(matching, projection_model=ShopDomain)
        .sort([("domain", direction), ("_id", direction)])
        .limit((window.limit + 1) * max(1, await App.count()))
    )
    return list(dict.fromkeys([shop.domain for shop in await shops.to_list()]))
