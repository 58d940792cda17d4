"""One search over everything that staff look for."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from core.access import STAFF, allow
from core.actor import Actor
from core.inputs import Input, Search
from core.mongo import Filter
from models.apps import App
from models.campaigns import Campaign
from models.contacts import Contact
from models.prospects import Prospect
from models.shops import Shop
from models.templates import Template
from models.tickets import Ticket
from models.wants import Want
from resolvers.campaigns import list_campaigns
from resolvers.contacts import list_contacts
from resolvers.merchants import Merchant, list_merchants, merchants_at
from resolvers.prospects import list_prospects
from resolvers.search_sources import Asked, Found, Searched, SearchMatch, SearchType
from resolvers.templates import list_templates
from resolvers.tickets import list_tickets
from resolvers.want_counts import with_current_votes
from resolvers.want_titles import tokens_of
from resolvers.wants import list_wants

MOST: Final = 20
USUALLY: Final = 5
ENDING: Final = ".myshopify.com"
"""Of domains, which people leave out."""


class SearchQuery(Input):
    """`first` is how many are shown of each of the types."""

    query: Annotated[Search, Field(min_length=1)]
    types: Annotated[list[SearchType], Field(min_length=1, max_length=len(SearchType))] | None = None
    first: int = Field(USUALLY, ge=1, le=MOST)


@allow(STAFF)
async def search(actor: Actor, data: SearchQuery) -> Sequence[Found]:
    """What is called like this, the best matches first: an id, a ticket's number, an address or a domain, how these
    begin, and words, or how they begin."""
    asked = Asked(data.query, [app.id for app in await App.find_all().to_list()])
    sources = [one for one in SEARCHED if (data.types is None or one.finds in data.types) and one.is_open_to(actor)]
    found = await asyncio.gather(*(source.find(asked, data.first) for source in sources))
    ranks = list(SearchMatch)
    return sorted((one for of_type in found for one in of_type), key=lambda one: ranks.index(one.match))


def _by_id(asked: Asked) -> list[Filter]:
    return [{"_id": asked.identity}] if asked.identity else []


def _shops(asked: Asked) -> list[Filter]:
    domain = asked.key if asked.key.endswith(ENDING) else asked.key + ENDING
    owners = [{"emailKey": asked.key}] if asked.is_address else []
    return [*_by_id(asked), {"domain": domain}, *owners]


def _contacts(asked: Asked) -> list[Filter]:
    return [*_by_id(asked), {"emailKey": asked.key}]


def _prospects(asked: Asked) -> list[Filter]:
    shop = [{"shopDomain": asked.key}] if asked.key.endswith(ENDING) else []
    return [*_by_id(asked), {"emailKey": asked.key}, *shop]


def _tickets(asked: Asked) -> list[Filter]:
    numbered: list[Filter] = []
    if asked.number is not None:
        numbered = [{"appId": {"$in": [*asked.app_ids]}, "number": asked.number}]
    requester = [{"emailKey": asked.key}] if asked.is_address else []
    shop = [{"shopDomain": asked.key}] if asked.key.endswith(ENDING) else []
    return [*_by_id(asked), *numbered, *requester, *shop]


def _wants(asked: Asked) -> list[Filter]:
    return [*_by_id(asked), *([{"author.emailKey": asked.key}] if asked.is_address else [])]


async def _merchants(shops: Sequence[Shop]) -> Sequence[Merchant]:
    """Of each shop."""
    known = {merchant.domain: merchant for merchant in await merchants_at([shop.domain for shop in shops])}
    return [known.get(shop.domain) or Merchant.of(shop.domain, [shop]) for shop in shops]


SEARCHED: Final[Sequence[Searched]] = (
    Searched(
        SearchType.MERCHANT,
        Shop,
        list_merchants,
        lambda merchant: merchant.name or merchant.domain,
        _shops,
        key="domain",
        same="domain",
        as_shown=_merchants,
    ),
    Searched(
        SearchType.CONTACT,
        Contact,
        list_contacts,
        lambda contact: f"{contact.name} <{contact.email}>" if contact.name else contact.email,
        _contacts,
        key="emailKey",
        only={"erasedAt": None},
    ),
    Searched(
        SearchType.PROSPECT,
        Prospect,
        list_prospects,
        lambda prospect: f"{prospect.name or prospect.company} <{prospect.email}>".strip(),
        _prospects,
        key="emailKey",
    ),
    Searched(
        SearchType.TICKET,
        Ticket,
        list_tickets,
        lambda ticket: f"{ticket.reference} {ticket.subject}",
        _tickets,
        key="emailKey",
    ),
    Searched(
        SearchType.WANT,
        Want,
        list_wants,
        lambda want: want.title,
        _wants,
        words="titleTokens",
        read=tokens_of,
        as_shown=with_current_votes,
    ),
    Searched(SearchType.CAMPAIGN, Campaign, list_campaigns, lambda campaign: campaign.name, _by_id),
    Searched(SearchType.TEMPLATE, Template, list_templates, lambda template: template.name, _by_id),
)
"""All that is searched. What else is to be found is one more entry."""
