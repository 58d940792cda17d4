"""People whom the company might win as customers, in GraphQL."""

from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import prospects as stored
from models.contacts import ConsentCategory
from models.prospects import ProspectStatus
from resolvers import prospect_notes, prospect_timelines, prospects
from resolvers.agent_actions import NEWEST_ACTIONS, AgentActionFilter, list_agent_actions
from resolvers.prospect_customers import Party
from resolvers.prospects import ProspectFilter, ProspectSortKey
from resolvers.sending import verdict_on
from resolvers.shop_changes import GONE
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.contacts import Contact
from schema.edge import Info, described, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders
from schema.prospect_activity import ProspectActivity, ProspectChange, ProspectNote
from schema.shops import Shop
from schema.suppressions import SendingVerdict
from schema.tickets import LazyAgentAction, Ticket
from schema.users import User

strawberry.enum(ProspectSortKey)


def _party(prospect: stored.Prospect) -> Party:
    return Party(prospect.email_key, prospect.shop_domain)


@strawberry.type(description="Somebody whom the company might win as a customer: one per address, over all apps.")
class Prospect:
    id: ID
    email: str
    name: str
    company: str
    title: str
    domain: str | None = strawberry.field(description="Of the company's web site.")
    shop_domain: str | None
    country: str | None
    language: str | None
    source: str = strawberry.field(description="Where we have their address from.")
    tags: list[str]
    facts: JSON = strawberry.field(description="Whatever else there is to know.")
    score: int | None = strawberry.field(description="0 to 100.")
    status: ProspectStatus
    status_changed_at: datetime
    last_contacted_at: datetime | None = strawberry.field(description="When outreach was sent to them last.")
    last_replied_at: datetime | None = strawberry.field(description="When they answered outreach last.")
    converted_at: datetime | None = strawberry.field(description="When they became a customer first.")
    created_by: str
    created_at: datetime
    updated_at: datetime

    @described("What became of their status, the newest first.")
    def history(self) -> list[ProspectChange]:
        return cast(list[ProspectChange], cast(stored.Prospect, self).history[::-1])

    owner: User | None = loaded(
        stored.Prospect, Loaders.users, lambda one: one.owner_id, "Who of the staff works on them."
    )

    contact: Contact | None = loaded(
        stored.Prospect,
        Loaders.contacts_by_address,
        lambda one: one.email_key,
        "The contact at their address, with what they agreed to.",
    )

    @described("Whether outreach may be sent to them now.")
    async def outreach(self, info: Info) -> SendingVerdict:
        prospect, loaders = cast(stored.Prospect, self), info.context.loaders
        contact = await loaders.contacts_by_address.load(prospect.email_key)
        suppressions = await loaders.suppressions.load(prospect.email)
        verdict = verdict_on(contact, suppressions, ConsentCategory.OUTREACH, None)
        return cast(SendingVerdict, verdict)

    shops: list[Shop] = loaded(
        stored.Prospect,
        Loaders.shops_of_prospects,
        _party,
        "The shops, at their address or under their shop's domain, that have or had an app, the latest first.",
    )

    @described("The apps that they have now.")
    async def installed_apps(self, info: Info) -> list[App]:
        shops = await info.context.loaders.shops_of_prospects.load(_party(cast(stored.Prospect, self)))
        installed = sorted({shop.app_id for shop in shops if shop.status not in GONE})
        return cast(list[App], await info.context.loaders.apps.load_many(installed))

    open_tickets: list[Ticket] = loaded(
        stored.Prospect,
        Loaders.open_tickets_of_prospects,
        _party,
        "What they or their shop asked the support of any app that is not done, the latest first.",
    )

    @described("What staff wrote down about them, the newest first.")
    async def notes(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ProspectNote]:
        window = Range.of(first, after, last, before)
        return Connection.of(await prospect_notes.list_prospect_notes(info.context.actor, str(self.id), window))

    @described("What the e-mail agent drafted to them, the newest first.")
    async def agent_actions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[LazyAgentAction]:
        window = Range.of(first, after, last, before)
        filters = AgentActionFilter.model_validate({"prospectId": str(self.id)})
        return Connection.of(await list_agent_actions(info.context.actor, window, filters, NEWEST_ACTIONS))

    @described("All that happened with them, the newest first.")
    async def activity(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ProspectActivity]:
        window = Range.of(first, after, last, before)
        return Connection.of(await prospect_timelines.list_prospect_activity(info.context.actor, str(self.id), window))


def prospect(document: stored.Prospect) -> Prospect:
    """The document has all that the type shows."""
    return cast(Prospect, document)


@strawberry.type
class ProspectStatusCount:
    status: ProspectStatus
    count: int


@strawberry.type
class ProspectSourceCount:
    source: str
    count: int


@strawberry.type(description="How many prospects there are; of what there is none is counted too.")
class ProspectStats:
    total: int

    @strawberry.field
    def by_status(self) -> list[ProspectStatusCount]:
        counts = cast(prospects.ProspectStats, self).by_status
        return [ProspectStatusCount(status=status, count=count) for status, count in counts.items()]

    @described("By where they came from, the most first.")
    def by_source(self) -> list[ProspectSourceCount]:
        counts = cast(prospects.ProspectStats, self).by_source
        return [ProspectSourceCount(source=source, count=count) for source, count in counts.items()]


@strawberry.input
class ProspectFilterInput:
    status: Maybe[list[ProspectStatus] | None]
    source: Maybe[str | None]
    tag: Maybe[str | None]
    owner_id: Maybe[str | None]
    country: Maybe[str | None]
    search: Maybe[str | None]


ById = Annotated[ID, strawberry.argument(description="Its id, or the address.")]


@strawberry.type
class ProspectQueries:
    @query(prospects.get_prospect)
    async def prospect(self, info: Info, id: ById) -> Prospect:
        return prospect(await prospects.get_prospect(info.context.actor, id))

    @query(prospects.prospect_stats)
    async def prospect_stats(self, info: Info) -> ProspectStats:
        return cast(ProspectStats, await prospects.prospect_stats(info.context.actor))

    @query(prospects.list_prospects)
    async def prospects(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ProspectFilterInput | None = None,
        sort_key: ProspectSortKey = ProspectSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Prospect]:
        window = Range.of(first, after, last, before)
        filters = parse(ProspectFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await prospects.list_prospects(info.context.actor, window, filters, sort))
