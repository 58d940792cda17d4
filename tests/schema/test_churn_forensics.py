"""Why shops leave, over GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from resolvers.churn_sources import ChurnSignal
from tests.factories.apps import an_app
from tests.factories.departures import HAPPENING, a_stay, an_error_at
from tests.factories.people import logged_in
from tests.factories.shops import days_ago
from tests.schema.asking import ask, error_of

FORENSICS = """query($app: ID!, $first: Int = 20) { churnForensics(appId: $app, days: 30) {
    period { from to isPartial } left compared stayed isSampled
    signals { signal title withinDays comparison { ...Numbers } }
    errors { errorGroup { fingerprint } comparison { ...Numbers } }
    departures(first: $first) { shopDomain leftAt reason comparedWith shop { name }
        before { signal title at detail } } } }
fragment Numbers on ChurnComparison { leftWith left stayedWith stayed isTooFew isClear atLeast
    leftShare { value low high } lift { value low high } }"""


@pytest.mark.usefixtures("platform")
class TestChurnForensics:
    async def test_says_what_had_happened_and_how_much_more_often(self, client: AsyncClient) -> None:
        await an_app("banners")
        for number in range(6):
            gone = await a_stay(
                "banners", f"left-{number}.myshopify.com", days_ago(100), days_ago(5 + number), name="Tea"
            )
            here = await a_stay("banners", f"stayed-{number}.myshopify.com", days_ago(100))
            for shop in (gone, *([here] if number < 2 else [])):
                await an_error_at(shop, days_ago(15))
        found = (await ask(client, await logged_in(Role.VIEWER), FORENSICS, app="banners", first=1))["churnForensics"]
        assert (found["left"], found["compared"], found["stayed"], found["isSampled"]) == (6, 6, 6, False)
        clearest = found["signals"][0]
        assert (clearest["signal"], clearest["withinDays"]) == ("NEW_ERROR", 30)
        assert (clearest["comparison"]["leftWith"], clearest["comparison"]["stayedWith"]) == (6, 2)
        assert clearest["comparison"]["lift"]["value"] == pytest.approx(3)
        assert found["errors"] == [{"errorGroup": None, "comparison": clearest["comparison"]}]
        (gone,) = found["departures"]
        assert (gone["shopDomain"], gone["shop"], gone["reason"]) == (
            "left-0.myshopify.com", {"name": "Tea"}, "Too expensive",
        )  # fmt: skip
        assert [one["signal"] for one in gone["before"]] == ["NEW_ERROR", "QUIET"]

    async def test_what_is_too_few_is_not_said(self, client: AsyncClient) -> None:
        await an_app("banners")
        gone = await a_stay("banners", "tea.myshopify.com", days_ago(100), days_ago(5))
        await HAPPENING[ChurnSignal.TICKET_OPENED](gone, days_ago(9))
        found = (await ask(client, await logged_in(Role.VIEWER), FORENSICS, app="banners"))["churnForensics"]
        numbers = [one["comparison"] for one in found["signals"]]
        assert all(one["isTooFew"] and one["leftShare"] is None and one["lift"] is None for one in numbers)

    async def test_nobody_but_staff(self, client: AsyncClient) -> None:
        await an_app("banners")
        assert await error_of(client, {}, FORENSICS, app="banners") == "UNAUTHENTICATED"

    async def test_the_departures_asked_for_are_limited(self, client: AsyncClient) -> None:
        await an_app("banners")
        staff = await logged_in(Role.VIEWER)
        assert await error_of(client, staff, FORENSICS, app="banners", first=101) == "INVALID_INPUT"
