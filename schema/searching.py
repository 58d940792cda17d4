"""The search over everything, in GraphQL."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import strawberry

import models.campaigns
import models.contacts
import models.prospects
import models.templates
import models.tickets
import models.wants
import resolvers.merchants
from resolvers import searching
from resolvers.search_sources import SearchMatch, SearchType
from resolvers.searching import MOST, USUALLY, SearchQuery
from schema.campaigns import Campaign
from schema.contacts import Contact
from schema.edge import Info, query
from schema.merchants import Merchant
from schema.prospects import Prospect
from schema.templates import Template
from schema.tickets import Ticket
from schema.unions import DocumentUnion
from schema.wants import Want

strawberry.enum(SearchType)
strawberry.enum(
    SearchMatch,
    description="How something was found, the best first. EXACT: it has this id, number, address or domain. BEGINS: "
    "its address or domain begins like this. WORDS: it has words that begin like these.",
)

SUBJECTS: Final[Mapping[type, type]] = {
    models.campaigns.Campaign: Campaign,
    models.contacts.Contact: Contact,
    models.prospects.Prospect: Prospect,
    models.templates.Template: Template,
    models.tickets.Ticket: Ticket,
    models.wants.Want: Want,
    resolvers.merchants.Merchant: Merchant,
}
SUBJECT: Final[Any] = DocumentUnion("SearchSubject", SUBJECTS, "What a search can find.")


@strawberry.type(description="Something that was found.")
class SearchResult:
    type: SearchType
    match: SearchMatch
    title: str = strawberry.field(description="How people call it.")
    subject: object = strawberry.field(graphql_type=SUBJECT)


FirstOfEach = Annotated[
    int, strawberry.argument(description=f"How many of each type, {USUALLY} by default, at most {MOST}.")
]


@strawberry.type
class SearchQueries:
    @query(searching.search)
    async def search(
        self, info: Info, query: str, types: list[SearchType] | None = None, first: FirstOfEach = USUALLY
    ) -> list[SearchResult]:
        asked = SearchQuery(query=query, types=types, first=first)
        return cast(list[SearchResult], await searching.search(info.context.actor, asked))
