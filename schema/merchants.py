"""Merchants, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import Maybe

from core import clock
from core.pages import Range
from resolvers import merchants
from resolvers.app_events import list_merchant_events
from resolvers.error_groups import list_merchant_errors
from resolvers.logs import LogFilter, list_merchant_logs
from resolvers.merchants import MerchantFilter
from resolvers.tickets import NEWEST_TICKETS, TicketFilter, list_tickets
from resolvers.timelines import TimelineFilter, merchant_timeline
from resolvers.want_relations import Party
from schema.app_events import AppEvent
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, described, parse, query
from schema.error_groups import ErrorGroupShop
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.logs import LogEntry, LogFilterInput
from schema.money import Money
from schema.shop_parts import ShopChange
from schema.shops import LazyFeedback, LazyWant, Shop

if TYPE_CHECKING:
    from schema.contacts import Contact
    from schema.prospects import Prospect
    from schema.tickets import Ticket
    from schema.timelines import TimelineEntry, TimelineFilterInput

LazyContact = Annotated["Contact", strawberry.lazy("schema.contacts")]
LazyTimelineEntry = Annotated["TimelineEntry", strawberry.lazy("schema.timelines")]
LazyTimelineFilterInput = Annotated["TimelineFilterInput", strawberry.lazy("schema.timelines")]


@strawberry.type(description="Something that happened to a merchant, in one of the apps.")
class MerchantChange:
    shop: Shop
    change: ShopChange


@strawberry.type(description="The same shop in all the apps. What the latest installation says of it comes first.")
class Merchant:
    domain: str
    name: str | None
    email: str | None
    owner: str | None
    country: str | None
    shops: list[Shop] = strawberry.field(description="One per app, that of the latest installation first.")
    first_seen: datetime
    history: list[MerchantChange] = strawberry.field(
        description="What happened to the merchant in all the apps, the newest first."
    )

    @described("The apps that the merchant has now.")
    async def installed_apps(self, info: Info) -> list[App]:
        installed = cast(merchants.Merchant, self).installed_app_ids
        return cast(list[App], await info.context.loaders.apps.load_many(installed))

    @described("What the merchant's people said, app by app, the latest first.")
    async def feedback(self, info: Info) -> list[LazyFeedback]:
        shops = cast(merchants.Merchant, self).shops
        keys = [(shop.app_id, shop.domain) for shop in shops]
        found = await info.context.loaders.feedback_of_shops.load_many(keys)
        return cast(list[LazyFeedback], [one for of_shop in found for one in of_shop])

    @described("What the merchant's people voted for, app by app, the latest first.")
    async def voted_wants(self, info: Info) -> list[LazyWant]:
        shops = cast(merchants.Merchant, self).shops
        parties = [Party(shop.app_id, shop.email_key, shop.domain) for shop in shops]
        found = await info.context.loaders.wants_voted_by_shops.load_many(parties)
        return cast(list[LazyWant], [want for of_shop in found for want in of_shop])

    wants: list[LazyWant] = loaded(
        merchants.Merchant,
        Loaders.wants_asked_at,
        lambda one: one.domain,
        "What the merchant's people asked for, in whichever app, the latest first.",
    )

    contacts: list[LazyContact] = loaded(
        merchants.Merchant,
        Loaders.contacts_of_merchants,
        lambda one: one.domain,
        "The people whose address one of its shops has.",
    )

    @described("What the apps' backends reported of the merchant, the latest first.")
    async def app_events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[AppEvent]:
        window = Range.of(first, after, last, before)
        return Connection.of(await list_merchant_events(info.context.actor, self.domain, window))

    @described("The errors that happened to the merchant, in whichever app: the one that it met last comes first.")
    async def errors(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ErrorGroupShop]:
        window = Range.of(first, after, last, before)
        return Connection.of(await list_merchant_errors(info.context.actor, self.domain, window))

    @described("What the merchant brings in a month with all the apps, by currency.")
    def monthly_revenue(self) -> list[Money]:
        revenue = cast(merchants.Merchant, self).monthly_revenue(clock.now())
        return [Money.of(amount, currency) for currency, amount in sorted(revenue.items())]

    @described("What happened to the merchant's shops and what its people did and were sent, the newest first.")
    async def timeline(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LazyTimelineFilterInput | None = None,
    ) -> Connection[LazyTimelineEntry]:
        found, window = cast(merchants.Merchant, self), Range.of(first, after, last, before)
        filters = parse(TimelineFilter, filter)
        return Connection.of(await merchant_timeline(info.context.actor, found, window, filters))

    prospects: list[Annotated["Prospect", strawberry.lazy("schema.prospects")]] = loaded(
        merchants.Merchant,
        Loaders.prospects_by_shop,
        lambda one: one.domain,
        "The merchant's people whom the company hoped, or hopes, to win as customers, the latest first.",
    )

    @described("The tickets that are about the merchant's shop, in all the apps, the newest first.")
    async def tickets(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Ticket", strawberry.lazy("schema.tickets")]]:
        window = Range.of(first, after, last, before)
        filters = TicketFilter.model_validate({"shopDomain": self.domain})
        return Connection.of(await list_tickets(info.context.actor, window, filters, NEWEST_TICKETS))

    @described("What the apps logged about the merchant, the newest first.")
    async def logs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LogFilterInput | None = None,
    ) -> Connection[LogEntry]:
        found, window = cast(merchants.Merchant, self), Range.of(first, after, last, before)
        app_ids = [shop.app_id for shop in found.shops]
        filters = parse(LogFilter, filter).of_shop(found.domain)
        return Connection.of(await list_merchant_logs(info.context.actor, app_ids, window, filters))


def merchant(found: merchants.Merchant) -> Merchant:
    """The merchant has all that the type shows."""
    return cast(Merchant, found)


@strawberry.input
class MerchantFilterInput:
    search: Maybe[str | None]


@strawberry.type
class MerchantQueries:
    @query(merchants.get_merchant)
    async def merchant(self, info: Info, domain: str) -> Merchant:
        return merchant(await merchants.get_merchant(info.context.actor, domain))

    @query(merchants.list_merchants)
    async def merchants(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: MerchantFilterInput | None = None,
    ) -> Connection[Merchant]:
        window = Range.of(first, after, last, before)
        filters = parse(MerchantFilter, filter)
        return Connection.of(await merchants.list_merchants(info.context.actor, window, filters))
