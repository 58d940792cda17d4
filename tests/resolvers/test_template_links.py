"""The numbers of templates' links: once given, they stay."""

import asyncio

import pytest
from bson import ObjectId

from resolvers import template_links
from resolvers.template_links import PREFIX, links_of, numbers_of, template_of

pytestmark = pytest.mark.usefixtures("platform")


async def test_a_number_stays_its_address_s() -> None:
    template = ObjectId()
    assert await numbers_of(template, ["https://a.example", "https://b.example"]) == [1, 2]
    assert await numbers_of(template, ["https://b.example", "https://c.example"]) == [2, 3]
    assert (await links_of([template]))[template] == ["https://a.example", "https://b.example", "https://c.example"]


async def test_processes_that_begin_at_once_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them knows nothing yet."""
    template, urls = ObjectId(), [f"https://{name}.example" for name in "abcd"]

    async def numbered(url: str) -> int:
        monkeypatch.setattr(template_links, "_known", {})
        return (await numbers_of(template, [url]))[0]

    assert sorted(await asyncio.gather(*map(numbered, urls * 3))) == sorted([1, 2, 3, 4] * 3)


def test_only_a_delivery_of_just_one_template_has_one() -> None:
    template = ObjectId()
    assert template_of(f"{PREFIX}{template}") == template
    assert template_of(f"campaign:{template}") is template_of("template:welcome") is template_of(f"{PREFIX}x") is None
