"""Who uninstalls an app and says why has said something about it."""

import asyncio
from typing import Final

import pytest

from models.app_events import AppEvent
from models.feedback import Feedback, FeedbackType
from resolvers.app_events import apply_pending_events
from resolvers.shops import ShopStatusChange, change_shop_status
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.feedback import SYSTEM, a_feedback
from tests.factories.shops import a_shop, an_event, days_ago
from tests.factories.wants import a_want, stored, voted, voter, who_voted

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
TEA: Final = "tea.myshopify.com"
ADA: Final = "ada@example.com"


@pytest.fixture(autouse=True)
async def _shop(platform: object) -> None:
    await an_app(APP)
    await a_shop(APP, TEA, email=ADA, owner="Ada Lovelace", at=days_ago(9))


async def reasons() -> list[str]:
    return [one.message for one in await Feedback.find_all().to_list()]


async def test_the_reason_is_kept_as_the_owner_s_once() -> None:
    at = days_ago(1)
    event = await an_event(APP, "app-uninstalled", TEA, at=at, key="left", reason="Too expensive")
    await an_event(APP, "app-uninstalled", TEA, at=at, key="left", reason="Too expensive")
    (kept,) = await Feedback.find_all().to_list()
    assert (kept.type, kept.message, kept.event_id) == (FeedbackType.UNINSTALL, "Too expensive", event.id)
    assert (kept.email, kept.name, kept.shop_domain, kept.created_at) == (ADA, "Ada Lovelace", TEA, at)


async def test_who_says_nothing_has_said_nothing() -> None:
    await an_event(APP, "app-uninstalled", TEA)
    await an_event(APP, "app-uninstalled", TEA, reason="")
    await an_event(APP, "banner-published", TEA, reason="For fun")
    assert await reasons() == []


async def test_many_reports_of_one_event_make_one() -> None:
    reporting = (an_event(APP, "app-uninstalled", TEA, key="left", reason="Slow") for _ in range(10))
    await asyncio.gather(*reporting)
    assert await reasons() == ["Slow"]


@pytest.mark.parametrize("last_arrives", [False, True])
async def test_a_report_that_was_cut_off_is_followed_once(last_arrives: bool) -> None:
    for deaths in range(1, 5):
        await Feedback.delete_all()
        try:
            with dying(deaths, last_arrives=last_arrives):
                await an_event(APP, "app-uninstalled", TEA, reason=f"Reason {deaths}")
        except Killed:
            await AppEvent.find({"appliedAt": None}).update({"$set": {"createdAt": days_ago(1)}})
            await apply_pending_events(SYSTEM)
        assert await reasons() == [f"Reason {deaths}"]


async def test_redacting_a_shop_takes_its_people_out_of_what_they_said_and_want() -> None:
    said = await a_feedback(APP, message="Call Ada", email=ADA, email_key=ADA, shop_domain=TEA, rating=2)
    want = await a_want(APP)
    await voted(want, voter("bob@example.com", TEA), voter("eve@example.com"))
    await an_event(APP, "app-uninstalled", TEA, reason="Ada left")
    await change_shop_status(SYSTEM, APP, TEA, ShopStatusChange.model_validate({"status": "redacted"}))
    kept = await Feedback.get(said.id)
    assert kept is not None
    assert (kept.message, kept.email, kept.email_key, kept.rating) == ("", None, None, 2)
    identities = await who_voted(want)
    assert (await stored(want)).vote_count == len(identities) == 2
    assert "email:eve@example.com" in identities
    assert "email:bob@example.com" not in identities
