"""Shops, in GraphQL."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core import clock
from core.access import access_of
from core.pages import Range
from models import shops as stored
from models.shops import ShopStatus
from resolvers import feedback, shops, wants
from resolvers.app_events import AppEventFilter, AppEventSortKey, list_app_events
from resolvers.contacts import get_contact
from resolvers.error_groups import ErrorGroupFilter, ErrorGroupSortKey, list_error_groups
from resolvers.logs import LogFilter, list_merchant_logs
from resolvers.merchants import get_merchant
from resolvers.shops import (
    ShopDomainFilter,
    ShopFilter,
    ShopSortKey,
    ShopStatusChange,
    ShopUpdate,
)
from resolvers.tickets import NEWEST_TICKETS, TicketFilter, list_tickets
from resolvers.want_relations import Party
from schema.apps import App
from schema.automation_relations import AutomatedShop
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query, subscription
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.logs import LogEntry, LogFilterInput
from schema.money import Money
from schema.shop_parts import ShopChange, ShopDomain, ShopStats, ShopSubscription

if TYPE_CHECKING:
    from schema.app_events import AppEvent
    from schema.contacts import Contact
    from schema.error_groups import ErrorGroup
    from schema.feedback import Feedback
    from schema.merchants import Merchant
    from schema.tickets import Ticket
    from schema.wants import Want

LazyFeedback = Annotated["Feedback", strawberry.lazy("schema.feedback")]
LazyWant = Annotated["Want", strawberry.lazy("schema.wants")]

strawberry.enum(ShopStatus)
strawberry.enum(ShopSortKey)


@strawberry.type(description="A shop that has, or had, an app.")
class Shop(AutomatedShop):
    id: ID
    app_id: ID
    domain: str
    name: str
    email: str | None
    owner: str | None
    country: str | None
    currency: str | None
    locale: str | None
    shopify_plan: str | None
    is_test: bool
    status: ShopStatus
    subscription: ShopSubscription | None
    trial_ends_at: datetime | None
    trial_seconds_left: int | None = strawberry.field(
        description="What is left of the trial of a shop that uninstalled: it goes on when the shop comes back."
    )
    settings: JSON
    installed_at: datetime
    uninstalled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App = loaded(stored.Shop, Loaders.apps, lambda one: one.app_id)

    @described("A year's price by twelve; nothing in a trial, when frozen, or for a test. Null without a subscription.")
    def monthly_revenue(self) -> Money | None:
        shop = cast(stored.Shop, self)
        return Money.of(shop.monthly_revenue(clock.now()), shop.subscription.currency) if shop.subscription else None

    merchant: Annotated["Merchant", strawberry.lazy("schema.merchants")] | None = loaded(
        stored.Shop,
        Loaders.merchants,
        lambda one: one.domain,
        "The shop in all the apps. For staff.",
        access=access_of(get_merchant),
    )

    contact: Annotated["Contact", strawberry.lazy("schema.contacts")] | None = loaded(
        stored.Shop,
        Loaders.contacts_by_address,
        lambda one: one.email_key,
        "Who is at the shop's address. For staff.",
        access=access_of(get_contact),
    )

    @described("What the app's backend reported of it, the latest first. For staff.")
    async def app_events(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["AppEvent", strawberry.lazy("schema.app_events")]]:
        window, filters = (
            Range.of(first, after, last, before),
            AppEventFilter.model_validate({"shopDomain": self.domain}),
        )
        newest = AppEventSortKey.OCCURRED_AT.order(descending=True)
        return Connection.of(await list_app_events(info.context.actor, self.app_id, window, filters, newest))

    @described("The app's errors that happened to it, the latest first. For staff.")
    async def error_groups(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["ErrorGroup", strawberry.lazy("schema.error_groups")]]:
        window, filters = (
            Range.of(first, after, last, before),
            ErrorGroupFilter.model_validate({"shopDomain": self.domain}),
        )
        newest = ErrorGroupSortKey.LAST_SEEN.order(descending=True)
        return Connection.of(await list_error_groups(info.context.actor, self.app_id, window, filters, newest))

    feedback: list[LazyFeedback] = loaded(
        stored.Shop,
        Loaders.feedback_of_shops,
        lambda one: (one.app_id, one.domain),
        "What its people said, the latest first. For staff.",
        access=access_of(feedback.list_feedback),
    )

    voted_wants: list[LazyWant] = loaded(
        stored.Shop,
        Loaders.wants_voted_by_shops,
        lambda one: Party(one.app_id, one.email_key, one.domain),
        "What its people voted for, the latest first. For staff.",
        access=access_of(wants.list_wants),
    )

    @described("What the app logged about the shop, the newest first.")
    async def logs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: LogFilterInput | None = None,
    ) -> Connection[LogEntry]:
        shop, window = cast(stored.Shop, self), Range.of(first, after, last, before)
        filters = parse(LogFilter, filter).of_shop(shop.domain)
        return Connection.of(await list_merchant_logs(info.context.actor, [shop.app_id], window, filters))

    @described("What happened to the shop, the newest first.")
    def history(self) -> list[ShopChange]:
        return cast(list[ShopChange], cast(stored.Shop, self).history[::-1])

    @described("The tickets that are about the shop, in this app, the newest first.")
    async def tickets(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Ticket", strawberry.lazy("schema.tickets")]]:
        window = Range.of(first, after, last, before)
        filters = TicketFilter.model_validate({"appId": self.app_id, "shopDomain": self.domain})
        return Connection.of(await list_tickets(info.context.actor, window, filters, NEWEST_TICKETS))


def shop(document: stored.Shop) -> Shop:
    """The document has all that the type shows."""
    return cast(Shop, document)


@strawberry.input(description="`settings` are merged key by key; null takes a key away.")
class ShopUpdateInput:
    name: Maybe[str]
    email: Maybe[str | None]
    owner: Maybe[str | None]
    country: Maybe[str | None]
    currency: Maybe[str | None]
    locale: Maybe[str | None]
    shopify_plan: Maybe[str | None]
    settings: Maybe[JSON]


@strawberry.input
class ShopStatusChangeInput:
    status: ShopStatus
    reason: Maybe[str | None]


@strawberry.input(description="`plan` is the handle of the plan that a shop uses.")
class ShopFilterInput:
    status: Maybe[ShopStatus | None]
    plan: Maybe[str | None]
    country: Maybe[str | None]
    search: Maybe[str | None]
    installed_from: Maybe[datetime | None]
    installed_to: Maybe[datetime | None]
    is_test: Maybe[bool | None]


@strawberry.input
class ShopDomainFilterInput:
    status: Maybe[ShopStatus | None]
    search: Maybe[str | None]


@strawberry.type
class ShopPayload:
    shop: Shop | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ShopQueries:
    @query(shops.get_shop)
    async def shop(self, info: Info, app_id: ID, id: ID) -> Shop:
        return shop(await shops.get_shop(info.context.actor, app_id, id))

    @query(shops.list_shop_domains)
    async def shop_domains(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ShopDomainFilterInput | None = None,
    ) -> Connection[ShopDomain]:
        window = Range.of(first, after, last, before)
        filters = parse(ShopDomainFilter, filter)
        return Connection.of(await shops.list_shop_domains(info.context.actor, app_id, window, filters))

    @query(shops.shop_stats)
    async def shop_stats(self, info: Info, app_id: ID) -> ShopStats:
        return cast(ShopStats, await shops.shop_stats(info.context.actor, app_id))

    @query(shops.list_shops)
    async def shops(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ShopFilterInput | None = None,
        sort_key: ShopSortKey = ShopSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Shop]:
        window = Range.of(first, after, last, before)
        filters = parse(ShopFilter, filter)
        return Connection.of(
            await shops.list_shops(info.context.actor, app_id, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class ShopMutations:
    @mutation(shops.update_shop)
    async def shop_update(self, info: Info, app_id: ID, id: ID, input: ShopUpdateInput) -> ShopPayload:
        updated = await shops.update_shop(info.context.actor, app_id, id, parse(ShopUpdate, input))
        return ShopPayload(shop=shop(updated))

    @mutation(shops.change_shop_status)
    async def shop_status_update(self, info: Info, app_id: ID, id: ID, input: ShopStatusChangeInput) -> ShopPayload:
        changed = await shops.change_shop_status(info.context.actor, app_id, id, parse(ShopStatusChange, input))
        return ShopPayload(shop=shop(changed))


@strawberry.type
class ShopSubscriptions:
    @subscription(shops.watch_shops)
    async def shop_changed(self, info: Info, app_id: ID) -> AsyncGenerator[Shop, None]:
        return cast(AsyncGenerator[Shop, None], await shops.watch_shops(info.context.actor, app_id))
