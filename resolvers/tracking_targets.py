"""Where tracked links lead to: remembered after the first look-up. The links of a campaign are frozen when sending
begins; until then there are none. Those of a template only become more."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from bson import ObjectId

from mail.links import OPENED, Hit
from models.campaigns import Campaign
from resolvers.template_links import links_of, template_of

REMEMBERED: Final = 1_000
"""Campaigns and templates."""
SAFE_IN_A_URL: Final = "!#$%&'()*+,/:;=?@[]~"

Row = Mapping[str, Any]
Links = Mapping[ObjectId, Sequence[str]]


class Targets:
    """Addresses, ready to be sent as a header."""

    def __init__(self) -> None:
        self._links: OrderedDict[ObjectId, Sequence[str]] = OrderedDict()

    async def links_of(self, hits: Iterable[tuple[Hit, Row]]) -> Links:
        """Of all campaigns and templates that the deliveries which were hit are made from."""
        largest: dict[ObjectId, int] = {}
        campaigns: set[ObjectId] = set()
        for hit, delivery in hits:
            source = source_of(delivery)
            if source is not None:
                largest[source] = max(hit.link, largest.get(source, 0))
                if delivery.get("campaignId"):
                    campaigns.add(source)
        unknown = {source for source, number in largest.items() if number > len(self._links.get(source, ()))}
        await self._look_up(unknown & campaigns, unknown - campaigns)
        known = {source: self._links[source] for source in largest if source in self._links}
        for source in known:
            self._links.move_to_end(source)
        while len(self._links) > REMEMBERED:
            self._links.popitem(last=False)
        return known

    async def _look_up(self, campaigns: set[ObjectId], templates: set[ObjectId]) -> None:
        if campaigns:
            found = Campaign.get_pymongo_collection().find({"_id": {"$in": [*campaigns]}}, {"links": 1})
            for row in await found.to_list():
                self._remember(row["_id"], row.get("links", ()))
        if templates:
            for template_id, links in (await links_of(templates)).items():
                self._remember(template_id, links)

    def _remember(self, source: ObjectId, urls: Sequence[str]) -> None:
        if urls:
            self._links[source] = [quote(url, safe=SAFE_IN_A_URL) for url in urls]


def source_of(delivery: Row) -> ObjectId | None:
    """The campaign or the template that a delivery is made from; None where its links are not tracked."""
    campaign: ObjectId | None = delivery.get("campaignId")
    if campaign is not None:
        return campaign
    return template_of(delivery["content"]) if delivery.get("outreach") else None


def target_of(hit: Hit, delivery: Row | None, links: Links) -> str:
    """Empty for the pixel, and where there is no such link."""
    source = None if delivery is None or hit.link == OPENED else source_of(delivery)
    of_source = links.get(source, ()) if source else ()
    return of_source[hit.link - 1] if OPENED < hit.link <= len(of_source) else ""
