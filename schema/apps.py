"""Apps, in GraphQL."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry
from strawberry import ID, Maybe

from core.access import access_of
from core.pages import Range
from models import apps as stored
from resolvers import apps
from resolvers.apps import AppCreate, AppFilter, AppSortKey, AppUpdate, features_of
from resolvers.metric_periods import MetricsInterval, MetricsQuery
from resolvers.metrics import get_metrics
from resolvers.tickets import NEWEST_TICKETS, TicketFilter, list_tickets
from schema.automation_relations import AutomatedApp
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, described, mutation, parse, query
from schema.periods import Days, From, To

if TYPE_CHECKING:
    from schema.metrics import Metrics
    from schema.tickets import Ticket

strawberry.enum(AppSortKey)


@strawberry.type(description="What the caller's role lets it do in an app.")
class AppFeatures:
    can_edit_templates: bool
    can_edit_users: bool
    can_view_metrics: bool


@strawberry.type(description="How the app writes, and what its mail says of its sender.")
class AppMail:
    sender_name: str
    sender_email: str | None = strawberry.field(description="Without one, mail comes from the platform's address.")
    reply_to: str | None
    postal_address: str = strawberry.field(description="Stands below newsletters.")
    default_language: str
    double_opt_in: bool = strawberry.field(description="Whether newcomers confirm that they want the newsletter.")
    holds_on_errors: bool = strawberry.field(
        description="Whether marketing mail waits while the app has far more errors than usual."
    )


@strawberry.type(description="Why an app's marketing mail waits.")
class MailHold:
    since: datetime
    reason: str
    ended_by: str | None = strawberry.field(description="Who let it go on although the errors are not over.")


@strawberry.type(description="How long customers wait at most, in minutes in which it is staff's turn.")
class TicketTargets:
    first_response_minutes: int | None
    resolution_minutes: int | None


@strawberry.type
class TicketTargetsByPriority:
    low: TicketTargets
    medium: TicketTargets
    high: TicketTargets
    urgent: TicketTargets


@strawberry.type(description="How the app's tickets are handled.")
class AppSupport:
    targets: TicketTargetsByPriority
    acknowledges: bool = strawberry.field(description="Whether customers hear by mail that a ticket arrived.")
    asks_rating: bool = strawberry.field(description="Whether they are asked how content they were.")
    auto_close_days: int | None = strawberry.field(description="How long a resolved ticket can be opened again.")
    email: str | None = strawberry.field(description="Where customers write to.")
    begins_tickets_by_mail: bool = strawberry.field(
        description="Whether received mail to the app begins a ticket where it answers nothing."
    )


@strawberry.type(description="How the app takes wishes.")
class WantBoard:
    auto_publish: bool = strawberry.field(
        description="Whether everybody sees them at once, and not only what staff have looked at."
    )
    categories: list[str] = strawberry.field(description="Without any, every slug is one.")
    page_url: str | None = strawberry.field(
        description="Where people read them: mail leads there. `{id}` in it stands for the want's."
    )


@strawberry.type(description="A Shopify app that the company publishes.")
class App(AutomatedApp):
    id: ID
    name: str
    description: str
    allowed_origins: list[str]
    is_active: bool
    mail: AppMail
    support: AppSupport
    want_board: WantBoard
    log_days: int = strawberry.field(description="How long the app's logs are kept.")
    has_shopify_secret: bool = strawberry.field(
        description="Whether webhooks of Shopify can be told from forgeries. The secret itself is never shown."
    )
    mail_hold: MailHold | None = strawberry.field(description="Null where its mail goes out.")
    created_at: datetime
    updated_at: datetime

    @strawberry.field
    def features(self, info: Info) -> AppFeatures:
        return cast(AppFeatures, features_of(info.context.actor))

    @described("The app's tickets, the newest first.")
    async def tickets(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Ticket", strawberry.lazy("schema.tickets")]]:
        window = Range.of(first, after, last, before)
        filters = TicketFilter.model_validate({"appId": self.id})
        return Connection.of(await list_tickets(info.context.actor, window, filters, NEWEST_TICKETS))

    @described("How the app is doing. Without arguments, in the last 30 days, day by day.")
    async def metrics(
        self,
        info: Info,
        since: From = None,
        until: To = None,
        days: Days = None,
        interval: MetricsInterval = MetricsInterval.DAY,
    ) -> Annotated["Metrics", strawberry.lazy("schema.metrics")]:
        access_of(get_metrics).check(info.context.actor)
        period = MetricsQuery.of(since, until, days, interval).period()
        return cast("Metrics", await info.context.loaders.metrics.load((self.id, period)))


def app(document: stored.App) -> App:
    """The document has all that the type shows."""
    return cast(App, document)


@strawberry.input(
    description="How the app writes: what is left out stays as it is. Without `senderEmail` its mail comes from the "
    "platform's address; `postalAddress` stands below newsletters; with `doubleOptIn` newcomers confirm that they want "
    "them; with `holdsOnErrors` marketing mail waits while the app has far more errors than usual."
)
class AppMailUpdateInput:
    sender_name: Maybe[str]
    sender_email: Maybe[str | None]
    reply_to: Maybe[str | None]
    postal_address: Maybe[str]
    default_language: Maybe[str]
    double_opt_in: Maybe[bool]
    holds_on_errors: Maybe[bool]


@strawberry.input(description="In minutes in which it is staff's turn; null for as long as it takes.")
class TicketTargetsUpdateInput:
    first_response_minutes: Maybe[int | None]
    resolution_minutes: Maybe[int | None]


@strawberry.input
class TicketTargetsByPriorityUpdateInput:
    low: Maybe[TicketTargetsUpdateInput]
    medium: Maybe[TicketTargetsUpdateInput]
    high: Maybe[TicketTargetsUpdateInput]
    urgent: Maybe[TicketTargetsUpdateInput]


@strawberry.input(
    description="How tickets are handled. New targets count for new tickets, and for those whose priority changes. "
    "Resolved tickets are closed after `autoCloseDays`, null for never. `email` is where customers write to: with "
    "`beginsTicketsByMail`, received mail to it begins a ticket where it answers nothing."
)
class AppSupportUpdateInput:
    targets: Maybe[TicketTargetsByPriorityUpdateInput]
    acknowledges: Maybe[bool]
    asks_rating: Maybe[bool]
    auto_close_days: Maybe[int | None]
    email: Maybe[str | None]
    begins_tickets_by_mail: Maybe[bool]


@strawberry.input(
    description="How the app takes wishes: what is left out stays as it is. With `autoPublish` everybody sees them at "
    "once, else only what staff have looked at. Without `categories` any slug is one. `pageUrl` is where people read "
    "them: mail leads there, and `{id}` in it stands for the want's."
)
class AppWantBoardUpdateInput:
    auto_publish: Maybe[bool]
    categories: Maybe[list[str]]
    page_url: Maybe[str | None]


@strawberry.input
class AppCreateInput:
    id: str
    name: str
    description: Maybe[str]
    allowed_origins: Maybe[list[str]]
    mail: Maybe[AppMailUpdateInput]
    log_days: Maybe[int]


@strawberry.input(
    description="`shopifySecret` is the app's client secret at Shopify, and never shown. The one before it counts on, "
    "until the next or until null, which takes both away. `logDays` is how long logs are kept that come in from now "
    "on; what is older is deleted within the hour."
)
class AppUpdateInput:
    name: Maybe[str]
    description: Maybe[str]
    allowed_origins: Maybe[list[str]]
    is_active: Maybe[bool]
    mail: Maybe[AppMailUpdateInput]
    support: Maybe[AppSupportUpdateInput]
    want_board: Maybe[AppWantBoardUpdateInput]
    log_days: Maybe[int]
    shopify_secret: Maybe[str | None]


@strawberry.input
class AppFilterInput:
    search: Maybe[str | None]
    is_active: Maybe[bool | None]


@strawberry.type
class AppPayload:
    app: App | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class AppQueries:
    @query(apps.get_app)
    async def app(self, info: Info, id: ID) -> App:
        return app(await apps.get_app(info.context.actor, id))

    @query(apps.list_apps)
    async def apps(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: AppFilterInput | None = None,
        sort_key: AppSortKey = AppSortKey.NAME,
        reverse: bool = False,
    ) -> Connection[App]:
        window = Range.of(first, after, last, before)
        filters = parse(AppFilter, filter)
        return Connection.of(
            await apps.list_apps(info.context.actor, window, filters, sort_key.order(descending=reverse))
        )


@strawberry.type
class AppMutations:
    @mutation(apps.create_app)
    async def app_create(self, info: Info, input: AppCreateInput) -> AppPayload:
        return AppPayload(app=app(await apps.create_app(info.context.actor, parse(AppCreate, input))))

    @mutation(apps.update_app)
    async def app_update(self, info: Info, id: ID, input: AppUpdateInput) -> AppPayload:
        return AppPayload(app=app(await apps.update_app(info.context.actor, id, parse(AppUpdate, input))))
