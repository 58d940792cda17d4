"""Errors of the apps, each once, in GraphQL."""

from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import log_tallies as stored
from models.log_tallies import ErrorGroupStatus
from resolvers import error_groups
from resolvers.error_groups import ErrorGroupFilter, ErrorGroupSortKey
from resolvers.logs import LevelCounts, LogFilter, LogInterval, list_merchant_logs
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.logs import LogEntry, LogLevelCounts, LogsAt
from schema.money import Money
from schema.shops import Shop

strawberry.enum(ErrorGroupStatus)
strawberry.enum(ErrorGroupSortKey)


@strawberry.type(description="A shop that an error happened to. When it was seen is known to the hour.")
class ErrorGroupShop:
    shop_domain: str
    first_seen: datetime
    last_seen: datetime

    shop: Shop | None = loaded(
        stored.ErrorGroupShop,
        Loaders.shops,
        lambda one: (one.app_id, one.shop_domain),
        "Null where the app does not know it.",
    )

    group: Annotated["ErrorGroup", strawberry.lazy("schema.error_groups")] | None = loaded(
        stored.ErrorGroupShop,
        Loaders.error_groups,
        lambda one: one.group_id,
        "The error; null where it has been forgotten meanwhile.",
    )


@strawberry.type(description="All entries of an app's logs that are about the same error.")
class ErrorGroup:
    app_id: ID
    fingerprint: str
    type: str
    title: str = strawberry.field(description="What it says, with names and numbers called by what they are.")
    culprit: str | None = strawberry.field(description="Where it happens, as far as the stack says.")
    module: str = strawberry.field(description="Of the first entry.")
    first_seen: datetime
    last_seen: datetime
    status: ErrorGroupStatus
    status_by: str | None
    status_at: datetime | None
    regressed_at: datetime | None = strawberry.field(description="When it last happened again after it was resolved.")
    regressions: int

    @described("Unique over all apps.")
    def id(self) -> ID:
        return ID(cast(stored.ErrorGroup, self).id)

    @described("How many entries there are, of the days that logs are kept for.")
    def count(self) -> int:
        return cast(stored.ErrorGroup, self).total

    @described("How many entries there are of each level.")
    def levels(self) -> LogLevelCounts:
        levels = {level.value: count for level, count in cast(stored.ErrorGroup, self).levels.items()}
        return cast(LogLevelCounts, LevelCounts(**levels))

    shop_count: int = loaded(
        stored.ErrorGroup, Loaders.shops_of_errors, lambda one: one.id, "How many shops it happened to."
    )

    @described("What the shops that it happened to bring in a month, by currency.")
    async def revenue_exposed(self, info: Info) -> list[Money]:
        group = cast(stored.ErrorGroup, self)
        revenue = await info.context.loaders.revenue_of_errors.load((group.id, group.app_id))
        return [Money.of(amount, currency) for currency, amount in sorted(revenue.items())]

    @described("How often it happened: by day since it was first seen, or in each of the last 48 hours.")
    async def over_time(self, interval: LogInterval = LogInterval.DAY) -> list[LogsAt]:
        group = cast(stored.ErrorGroup, self)
        if interval is LogInterval.HOUR:
            return cast(list[LogsAt], await error_groups.error_by_hour(group))
        return cast(list[LogsAt], error_groups.error_by_day(group))

    app: App | None = loaded(stored.ErrorGroup, Loaders.apps, lambda one: one.app_id)

    @described("The shops that it happened to, the last one first.")
    async def shops(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ErrorGroupShop]:
        window = Range.of(first, after, last, before)
        return Connection.of(await error_groups.shops_of_error(cast(stored.ErrorGroup, self), window))

    @described("Its entries, the newest first.")
    async def logs(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[LogEntry]:
        group, window = cast(stored.ErrorGroup, self), Range.of(first, after, last, before)
        filters = LogFilter.model_validate({"fingerprint": group.fingerprint})
        return Connection.of(await list_merchant_logs(info.context.actor, [group.app_id], window, filters))


def error_group(document: stored.ErrorGroup) -> ErrorGroup:
    """The document has all that the type shows."""
    return cast(ErrorGroup, document)


@strawberry.input(description="`shopDomain`: errors that happened to that shop.")
class ErrorGroupFilterInput:
    status: Maybe[ErrorGroupStatus | None]
    module: Maybe[str | None]
    type: Maybe[str | None]
    shop_domain: Maybe[str | None]
    search: Maybe[str | None]


@strawberry.type
class ErrorGroupPayload:
    error_group: ErrorGroup | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class ErrorGroupQueries:
    @query(error_groups.get_error_group)
    async def error_group(self, info: Info, app_id: ID, fingerprint: str) -> ErrorGroup:
        return error_group(await error_groups.get_error_group(info.context.actor, app_id, fingerprint))

    @query(error_groups.list_error_groups)
    async def error_groups(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ErrorGroupFilterInput | None = None,
        sort_key: ErrorGroupSortKey = ErrorGroupSortKey.LAST_SEEN,
        reverse: bool = False,
    ) -> Connection[ErrorGroup]:
        window = Range.of(first, after, last, before)
        filters = parse(ErrorGroupFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await error_groups.list_error_groups(info.context.actor, app_id, window, filters, sort))


@strawberry.type
class ErrorGroupMutations:
    @mutation(error_groups.resolve_error_group)
    async def error_group_resolve(self, info: Info, app_id: ID, fingerprint: str) -> ErrorGroupPayload:
        changed = await error_groups.resolve_error_group(info.context.actor, app_id, fingerprint)
        return ErrorGroupPayload(error_group=error_group(changed))

    @mutation(error_groups.ignore_error_group)
    async def error_group_ignore(self, info: Info, app_id: ID, fingerprint: str) -> ErrorGroupPayload:
        changed = await error_groups.ignore_error_group(info.context.actor, app_id, fingerprint)
        return ErrorGroupPayload(error_group=error_group(changed))

    @mutation(error_groups.reopen_error_group)
    async def error_group_reopen(self, info: Info, app_id: ID, fingerprint: str) -> ErrorGroupPayload:
        changed = await error_groups.reopen_error_group(info.context.actor, app_id, fingerprint)
        return ErrorGroupPayload(error_group=error_group(changed))
