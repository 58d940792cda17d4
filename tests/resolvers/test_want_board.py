"""What people want of an app, as its users see it: nobody's address but their own, nothing that waits for staff."""

from typing import Final

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, NotFound
from core.pages import Page, Range
from core.scopes import Scope
from models.apps import App
from models.wants import WantStatus
from resolvers.want_board import (
    PublicWant,
    PublicWantFilter,
    PublicWantSortKey,
    get_public_want,
    list_public_wants,
    similar_wants,
)
from resolvers.want_identities import WantVoter
from resolvers.want_merging import merge_want
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.shops import a_shop
from tests.factories.wants import NOBODY, SYSTEM, a_want, by, voted, voter, with_votes

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA, BOB = "ada@example.com", "bob@example.com"
NEWEST = PublicWantSortKey.CREATED_AT.order(descending=True)


@pytest.fixture(autouse=True)
async def _app(platform: object) -> App:
    return await an_app(APP)


async def listed(actor: Actor, who: WantVoter = NOBODY, **filters: object) -> list[PublicWant]:
    wanted = PublicWantFilter.model_validate(filters)
    return list((await list_public_wants(actor, APP, Page(), wanted, NEWEST, who)).items)


async def titles(actor: Actor, who: WantVoter = NOBODY, **filters: object) -> list[str]:
    return [seen.want.title for seen in await listed(actor, who, **filters)]


class TestWorks:
    async def test_filters_search_and_sorting(self) -> None:
        backend = backend_of(APP)
        await a_want(APP, "Dark mode", category="editor", description="For the night")
        await with_votes(await a_want(APP, "Schedules", status=WantStatus.PLANNED, tags=["time"]), 2)
        assert await titles(backend) == ["Schedules", "Dark mode"]
        assert await titles(backend, status="planned") == await titles(backend, search="TIME") == ["Schedules"]
        assert await titles(backend, category="editor") == await titles(backend, search="night") == ["Dark mode"]
        sort = PublicWantSortKey.VOTES.order()
        found = await list_public_wants(backend, APP, Range(1), PublicWantFilter(), sort, NOBODY)
        assert ([one.want.title for one in found.items], found.has_next, await found.count()) == (
            ["Dark mode"],
            True,
            2,
        )

    async def test_whoever_asks_sees_what_they_voted_for(self) -> None:
        want, other = await a_want(APP), await a_want(APP)
        await a_shop(APP, "tea.myshopify.com", email=ADA)
        await voted(want, voter(ADA))
        backend = backend_of(APP)
        for actor, who in (
            (backend, voter(ADA)),
            (backend, voter(shop="tea.myshopify.com")),
            (an_end_user(APP, ADA), NOBODY),
        ):
            assert {one.want.id for one in await listed(actor, who) if one.has_voted} == {want.id}
            assert (await get_public_want(actor, APP, str(want.id), who)).has_voted
            assert not (await get_public_want(actor, APP, str(other.id), who)).has_voted
        assert not any(one.has_voted for one in await listed(backend))
        assert not any(one.has_voted for one in await listed(an_end_user(APP, BOB)))

    async def test_what_was_merged_is_found_by_its_address_alone(self) -> None:
        want, into = await a_want(APP, "Schedule"), await a_want(APP, "Schedules")
        await merge_want(SYSTEM, APP, str(want.id), str(into.id))
        backend = backend_of(APP)
        assert await titles(backend) == ["Schedules"]
        assert await titles(backend, status="duplicate") == ["Schedule"]
        assert (await get_public_want(backend, APP, str(want.id), NOBODY)).merged_into == into.id

    async def test_similar_ones_are_suggested_the_most_similar_first(self) -> None:
        await a_want(APP, "Dark mode")
        await a_want(APP, "Schedule for banners")
        await with_votes(await a_want(APP, "Schedule all banners by week"), 3)
        await a_want(APP, "Schedule banners", status=WantStatus.PENDING)
        merged = await a_want(APP, "Banner schedule")
        await merge_want(SYSTEM, APP, str(merged.id), str((await a_want(APP, "Something else")).id))
        await a_want((await an_app()).id, "Schedule banners")
        found = await similar_wants(backend_of(APP), APP, "Schedules for my banners", NOBODY)
        assert [one.want.title for one in found] == ["Schedule for banners", "Schedule all banners by week"]
        assert await similar_wants(backend_of(APP), APP, "???", NOBODY) == []


class TestMayRead:
    async def test_staff_an_app_s_backend_and_its_end_users(self) -> None:
        await a_want(APP, "Schedules")
        for actor in (await an_actor(Role.VIEWER), backend_of(APP, Scope.WANTS_READ), an_end_user(APP)):
            assert await titles(actor) == ["Schedules"]

    async def test_not_without_the_scope_nor_another_app_s(self) -> None:
        with pytest.raises(Forbidden, match="lacks the scope wants:read"):
            await listed(backend_of(APP, Scope.WANTS_WRITE))
        other = await an_app()
        for actor in (backend_of(other.id), an_end_user(other.id)):
            with pytest.raises(NotFound, match="Unknown app"):
                await listed(actor)


class TestWhatIsHidden:
    async def test_an_address_is_shown_to_its_owner_alone(self) -> None:
        await a_want(APP, "Schedules", author=by(ADA))
        for actor, who, shown in (
            (an_end_user(APP, ADA), NOBODY, ADA),
            (an_end_user(APP, BOB), NOBODY, ""),
            (backend_of(APP), voter(ADA), ADA),
            (backend_of(APP), voter(BOB), ""),
            (backend_of(APP), NOBODY, ""),
        ):
            (seen,) = await listed(actor, who)
            assert (
                seen.author_email == (await get_public_want(actor, APP, str(seen.want.id), who)).author_email == shown
            )

    @pytest.mark.parametrize("search", [ADA, "ada@", "@example.com"])
    async def test_nobody_finds_out_by_searching(self, search: str) -> None:
        await a_want(APP, "Schedules", author=by(ADA))
        assert await titles(backend_of(APP), search=search) == []

    async def test_what_waits_for_staff_is_seen_by_its_author_alone(self) -> None:
        want = await a_want(APP, "Schedules", status=WantStatus.PENDING, author=by(ADA))
        for actor, who, is_seen in (
            (an_end_user(APP, ADA), NOBODY, True),
            (backend_of(APP), voter(ADA), True),
            (await an_actor(Role.VIEWER), NOBODY, True),
            (an_end_user(APP, BOB), NOBODY, False),
            (backend_of(APP), voter(BOB), False),
            (backend_of(APP), NOBODY, False),
        ):
            for filters in ({}, {"status": "pending"}):
                assert bool(await titles(actor, who, **filters)) is is_seen
            assert bool(await similar_wants(actor, APP, "Schedules", who)) is is_seen
            if not is_seen:
                with pytest.raises(NotFound, match="Want not found"):
                    await get_public_want(actor, APP, str(want.id), who)

    async def test_an_app_may_publish_at_once(self) -> None:
        await a_want(APP, "Schedules", status=WantStatus.PENDING, author=by(ADA))
        await App.find_one({"_id": APP}).set({"wantBoard.autoPublish": True})
        (seen,) = await listed(backend_of(APP))
        assert (seen.want.title, seen.author_email) == ("Schedules", "")

    async def test_another_app_s_want_does_not_exist(self) -> None:
        want = await a_want((await an_app()).id)
        assert await titles(SYSTEM) == []
        with pytest.raises(NotFound, match="Want not found"):
            await get_public_want(SYSTEM, APP, str(want.id), NOBODY)


class TestValidation:
    @pytest.mark.parametrize("filters", [{"status": {"$ne": None}}, {"category": {"$gt": ""}}, {"search": ["a"]}])
    def test_operators_are_no_filters(self, filters: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            PublicWantFilter.model_validate(filters)

    @pytest.mark.parametrize("who", [{"voterEmail": {"$ne": ""}}, {"voterEmail": "ada"}, {"shopDomain": "$where"}])
    def test_nor_do_they_name_anybody(self, who: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            WantVoter.model_validate(who)

    async def test_a_search_is_taken_literally(self) -> None:
        await a_want(APP, "Schedules")
        assert await titles(backend_of(APP), search=".*") == []
