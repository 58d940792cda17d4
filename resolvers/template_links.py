"""The numbers of templates' links. A template may be edited after it was sent: a number once given stays its
address's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.template_links import TemplateLinks

PREFIX: Final = "template-id:"
"""Of the content of a delivery that is made from just one template."""
KEPT: Final = 1_000
"""Templates whose numbers are remembered."""
_known: dict[ObjectId, dict[str, int]] = {}


def template_of(content: str) -> ObjectId | None:
    """The template that a delivery is made from, by its content; None where that is something else."""
    name = content.removeprefix(PREFIX)
    return ObjectId(name) if name != content and ObjectId.is_valid(name) else None


async def numbers_of(template_id: ObjectId, urls: Sequence[str]) -> list[int]:
    """The numbers of a template's links, which those have from now on that have none yet."""
    numbers = _known.get(template_id, {})
    if missing := [url for url in dict.fromkeys(urls) if url not in numbers]:
        await _add(template_id, missing)
        links = (await links_of([template_id])).get(template_id, [])
        numbers = {url: number for number, url in enumerate(links, 1)}
        while len(_known) >= KEPT:
            del _known[next(iter(_known))]
        _known[template_id] = numbers
    return [numbers[url] for url in urls]


async def links_of(template_ids: Collection[ObjectId]) -> Mapping[ObjectId, list[str]]:
    """The addresses of templates' links, in the order of their numbers."""
    found = await TemplateLinks.find({"_id": {"$in": [*template_ids]}}).to_list()
    return {ObjectId(one.id): one.links for one in found}


async def _add(template_id: ObjectId, urls: Sequence[str]) -> None:
    for url in urls:
        without, added = {"_id": template_id, "links": {"$ne": url}}, {"$push": {"links": url}}
        try:
            await TemplateLinks.change(without, added, upsert=True)
        except DuplicateKeyError:
            # It has a number; or somebody gave the template its first link meanwhile, and this one has none yet.
            await TemplateLinks.change(without, added)
