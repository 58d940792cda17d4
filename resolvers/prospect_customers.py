"""What prospects have of us already: shops with our apps, and open tickets. Whoever writes to them has to know."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from models.shops import Shop
from models.tickets import DONE, Ticket, TicketStatus
from resolvers.shop_changes import GONE

OPEN: Final = [status.value for status in TicketStatus if status not in DONE]
LEFT: Final = [status.value for status in GONE]


class Party(NamedTuple):
    """A prospect, by their address without regard to case and the domain of their shop."""

    email_key: str
    shop_domain: str | None


async def shops_of_parties(parties: Sequence[Party]) -> list[list[Shop]]:
    """For each, the shops that they have, or had, with one of the apps, the latest first: at their
    address, or under their domain."""
    found = await Shop.find(_any(parties, "emailKey", "domain")).to_list()
    by_key = _grouped((shop.email_key, shop) for shop in found)
    by_domain = _grouped((shop.domain, shop) for shop in found)
    return [_united(by_key[party.email_key], by_domain[party.shop_domain]) for party in parties]


async def open_tickets_of_parties(parties: Sequence[Party]) -> list[list[Ticket]]:
    """For each, the tickets that are not done, the latest first: those that they see, and those about their shop."""
    asked = {"status": {"$in": OPEN}, **_any(parties, "peopleKeys", "shopDomain")}
    found = await Ticket.find(asked).to_list()
    by_key = _grouped((key, ticket) for ticket in found for key in ticket.people_keys)
    by_domain = _grouped((ticket.shop_domain, ticket) for ticket in found)
    return [_united(by_key[party.email_key], by_domain[party.shop_domain]) for party in parties]


async def having_an_app(domains: Sequence[str]) -> set[str]:
    """Those of the shops' domains that have one of the apps now."""
    if not domains:
        return set()
    installed = {"domain": {"$in": list(domains)}, "status": {"$nin": LEFT}}
    return {row["domain"] async for row in Shop.get_pymongo_collection().find(installed, {"domain": 1})}


def _any(parties: Sequence[Party], key: str, domain: str) -> dict[str, Any]:
    keys = [party.email_key for party in parties]
    domains = [party.shop_domain for party in parties if party.shop_domain]
    return {"$or": [{key: {"$in": keys}}, *([{domain: {"$in": domains}}] if domains else [])]}


def _grouped(pairs: Iterable[tuple[str | None, Any]]) -> defaultdict[str | None, list[Any]]:
    groups: defaultdict[str | None, list[Any]] = defaultdict(list)
    for name, one in pairs:
        if name is not None:
            groups[name].append(one)
    return groups


def _united(one: list[Any], other: list[Any]) -> list[Any]:
    """Both, each document once, in their order."""
    ids = {document.id for document in one}
    both = [*one, *(document for document in other if document.id not in ids)]
    return sorted(both, key=lambda document: document.created_at, reverse=True)
