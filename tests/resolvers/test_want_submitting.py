"""How people ask for something."""

import asyncio
from typing import Any, Final

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, RateLimited
from core.scopes import Scope
from models.apps import App
from models.slack_routing import SlackTopic
from models.wants import Want, WantStatus
from resolvers import want_changes, want_submitting
from resolvers.want_changes import WantStatusChange, change_want_status
from resolvers.want_submitting import create_want
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.wants import SYSTEM, asked, submitted, votes_of

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA: Final = "ada@example.com"
TEA: Final = "tea.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> App:
    return await an_app(APP)


class TestWorks:
    async def test_it_waits_for_a_look_of_staff(self) -> None:
        seen = await create_want(an_end_user(APP, ADA), APP, asked(category="editor"))
        assert (seen.want.status, seen.want.category, seen.vote_count) == (WantStatus.PENDING, "editor", 0)
        assert (seen.author_email, seen.is_own, seen.has_voted) == (ADA, True, False)
        stored = await Want.get(seen.want.id)
        assert stored is not None
        assert (stored.title, stored.description, stored.author_email) == ("Schedules", "By the week", ADA)

    async def test_a_backend_says_for_whom_it_asks(self) -> None:
        want = await submitted(APP, backend_of(APP), authorEmail="Ada@example.com", shopDomain=TEA)
        assert want.author is not None
        assert (want.author.key, want.author.email) == (f"email:{ADA}", "Ada@example.com")
        assert (want.author.email_key, want.author.shop_domain) == (ADA, TEA)

    async def test_a_backend_may_ask_for_nobody_and_staff_ask_for_themselves(self) -> None:
        assert (await submitted(APP, backend_of(APP))).author is None
        support = actor_for(await a_user(Role.SUPPORT, email="sofia@example.com"))
        assert (await submitted(APP, support)).author_email == "sofia@example.com"

    async def test_the_author_may_vote_at_once(self) -> None:
        seen = await create_want(an_end_user(APP, ADA), APP, asked(vote=True))
        assert (seen.vote_count, seen.has_voted, seen.is_own) == (1, True, True)
        assert [vote.identity for vote in await votes_of(seen.want)] == [f"email:{ADA}"]

    async def test_categories_are_the_app_s_where_it_has_some(self) -> None:
        assert (await submitted(APP)).category == "general"
        await App.find_one({"_id": APP}).set({"wantBoard.categories": ["editor", "display"]})
        assert (await submitted(APP)).category == "editor"
        assert (await submitted(APP, category="display")).category == "display"
        with pytest.raises(InvalidInput, match="category must be one of editor, display"):
            await submitted(APP, category="general")

    async def test_a_title_is_one_line(self) -> None:
        assert (await submitted(APP, title="Schedules\n for  banners")).title == "Schedules for banners"

    async def test_slack_is_told_of_new_ones_and_of_decisions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[tuple[Any, ...]] = []

        async def tell(actor: Actor, topic: SlackTopic, app_id: str, text: str, *, key: str) -> None:
            told.append((topic, app_id, text, key))

        for module in (want_submitting, want_changes):
            monkeypatch.setattr(module, "tell_slack", tell)
        want = await submitted(APP)
        change = WantStatusChange(status=WantStatus.IN_PROGRESS, note="This spring")
        changed = await change_want_status(SYSTEM, APP, str(want.id), change)
        decision = f"want_change:{changed.history[0].id}"
        assert told == [
            (SlackTopic.WANTS, APP, "New want: Schedules", f"want:{want.id}"),
            (SlackTopic.WANTS, APP, "Schedules (0 votes) is now in progress: This spring", decision),
        ]


class TestMaySubmit:
    async def test_support_an_app_s_backend_and_its_end_users(self) -> None:
        for actor in (await an_actor(Role.SUPPORT), backend_of(APP, Scope.WANTS_WRITE), an_end_user(APP)):
            await submitted(APP, actor)

    async def test_nobody_else(self) -> None:
        for actor in (await an_actor(Role.VIEWER), await an_actor(Role.MARKETING), backend_of(APP, Scope.WANTS_READ)):
            with pytest.raises(Forbidden):
                await submitted(APP, actor)
        for stranger in (backend_of("other"), an_end_user("other")):
            with pytest.raises(NotFound, match="Unknown app"):
                await submitted(APP, stranger)

    async def test_an_end_user_asks_for_nobody_else(self) -> None:
        with pytest.raises(InvalidInput, match="authorEmail must be your own") as refusal:
            await submitted(APP, an_end_user(APP, "bob@example.com"), authorEmail=ADA)
        assert refusal.value.field == "authorEmail"


class TestValidation:
    async def test_more_than_ten_a_minute_are_too_many_of_one_person(self) -> None:
        asking = (submitted(APP, backend_of(APP), authorEmail=ADA) for _ in range(15))
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        refusals = [one for one in outcomes if isinstance(one, RateLimited)]
        assert len(refusals) == 5
        assert 1 <= refusals[0].retry_after <= 60
        assert await Want.find_all().count() == 10
        await submitted(APP, backend_of(APP), authorEmail="bob@example.com")
        with pytest.raises(RateLimited):
            await submitted(APP, an_end_user(APP, ADA))

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"title": " "}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"title": "\n"}, "title"),
            ({"title": {"$ne": None}}, "title"),
            ({"description": "x" * 5001}, "description"),
            ({"category": "Not A Slug"}, "category"),
            ({"authorEmail": "ada"}, "authorEmail"),
            ({"shopDomain": "example.com"}, "shopDomain"),
            ({"voteCount": 100}, "voteCount"),
            ({"status": "completed"}, "status"),
            ({"appId": "other"}, "appId"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            asked(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong
