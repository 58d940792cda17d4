"""Votes: each person's once, and as many as are counted, however many call at once and whoever dies."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, RateLimited
from core.pages import Page, Range
from core.scopes import Scope
from models.wants import Want, WantStatus
from resolvers.want_board import PublicWant, PublicWantFilter, PublicWantSortKey, list_public_wants
from resolvers.want_upkeep import settle_changed_wants
from resolvers.want_votes import list_want_voters, toggle_want_vote, unvote_want, vote_for_want
from resolvers.wants import WantFilter, WantSortKey, delete_want, get_want, list_wants
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.shops import a_shop
from tests.factories.wants import (
    NOBODY,
    SYSTEM,
    a_want,
    by,
    stored,
    unvoted,
    voted,
    voter,
    voters,
    votes_of,
    who_voted,
    with_votes,
)

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA, BOB = "ada@example.com", "bob@example.com"
TEA: Final = "tea.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def toggled(want: Want, actor: Actor = SYSTEM, email: str | None = ADA) -> PublicWant:
    return await toggle_want_vote(actor, want.app_id, str(want.id), voter(email))


async def seen(want: Want) -> int:
    """The votes that a reader gets."""
    return (await get_want(SYSTEM, want.app_id, str(want.id))).vote_count


class TestWorks:
    async def test_voting_counts_once_however_often(self) -> None:
        want = await a_want(APP)
        for _ in range(2):
            outcome = await voted(want, voter(ADA))
            assert (outcome.vote_count, outcome.has_voted) == (1, True)
        assert (await voted(want, voter(BOB))).vote_count == 2
        assert (await stored(want)).vote_count == 2

    async def test_a_vote_is_taken_back_once_however_often(self) -> None:
        want = await a_want(APP)
        await voted(want, voter(ADA), voter(BOB))
        for _ in range(2):
            outcome = await unvoted(want, voter(ADA))
            assert (outcome.vote_count, outcome.has_voted) == (1, False)

    async def test_toggling_goes_to_and_fro(self) -> None:
        want = await a_want(APP)
        outcomes = [await toggled(want) for _ in range(3)]
        assert [(one.vote_count, one.has_voted) for one in outcomes] == [(1, True), (0, False), (1, True)]

    async def test_the_vote_says_who_from_which_shop_and_who_cast_it(self) -> None:
        want, backend = await a_want(APP), backend_of(APP)
        await voted(want, voter("Ada@example.com", TEA), actor=backend)
        (vote,) = await votes_of(want)
        assert (vote.identity, vote.email, vote.email_key) == (f"email:{ADA}", "Ada@example.com", ADA)
        assert (vote.shop_domain, vote.cast_by) == (TEA, backend.label)

    async def test_a_shop_and_its_owner_vote_once(self) -> None:
        want = await a_want(APP)
        await voted(want, voter(shop=TEA))
        await a_shop(APP, TEA, email=ADA)
        assert (await voted(want, voter(ADA), voter(shop=TEA))).vote_count == 1
        assert (await unvoted(want, voter(ADA))).vote_count == 0
        await voted(want, voter(ADA))
        assert (await toggle_want_vote(SYSTEM, APP, str(want.id), voter(shop=TEA))).has_voted is False

    async def test_it_changes_nothing_else_of_the_want(self) -> None:
        want = await a_want(APP)
        await voted(want, voter(ADA))
        assert (await stored(want)).updated_at == want.updated_at

    @pytest.mark.parametrize("status", [WantStatus.COMPLETED, WantStatus.DECLINED, WantStatus.DUPLICATE])
    async def test_what_is_decided_takes_no_votes_and_gives_them_back(self, status: WantStatus) -> None:
        want = await a_want(APP)
        await voted(want, voter(ADA), voter(BOB))
        await want.set({"status": status.value})
        for attempt in (voted(want, voter("eve@example.com")), toggled(want, email="eve@example.com")):
            with pytest.raises(Conflict, match="takes no more votes"):
                await attempt
        assert (await voted(want, voter(ADA))).has_voted is True
        assert (await toggled(want)).vote_count == 1
        assert (await unvoted(want, voter(BOB))).vote_count == 0

    async def test_staff_see_who_voted_the_latest_first(self) -> None:
        want = await a_want(APP)
        await voted(want, voter(ADA), voter(BOB))
        await voted(await a_want(APP), voter("eve@example.com"))
        listed = await list_want_voters(await an_actor(Role.VIEWER), APP, str(want.id), Page())
        assert [vote.email for vote in listed.items] == [BOB, ADA]
        assert await listed.count() == 2


class TestMayVote:
    async def test_support_an_app_s_backend_and_its_end_users(self) -> None:
        want = await a_want(APP)
        people = (
            (await an_actor(Role.SUPPORT), NOBODY),
            (backend_of(APP, Scope.WANTS_WRITE), voter(ADA)),
            (an_end_user(APP, BOB), NOBODY),
        )
        for actor, named in people:
            assert (await voted(want, named, actor=actor)).has_voted is True
        assert (await stored(want)).vote_count == 3

    async def test_nobody_else(self) -> None:
        want = await a_want(APP)
        for actor in (await an_actor(Role.VIEWER), await an_actor(Role.MARKETING), backend_of(APP, Scope.WANTS_READ)):
            for operation in (vote_for_want, unvote_want, toggle_want_vote):
                with pytest.raises(Forbidden):
                    await operation(actor, APP, str(want.id), voter(ADA))

    @pytest.mark.parametrize("is_backend", [True, False])
    async def test_voters_are_listed_for_staff_alone(self, is_backend: bool) -> None:
        want, actor = await a_want(APP), backend_of(APP) if is_backend else an_end_user(APP)
        with pytest.raises(Forbidden):
            await list_want_voters(actor, APP, str(want.id), Page())


class TestOwnership:
    async def test_another_app_s_want_does_not_exist(self) -> None:
        other = await an_app()
        want = await a_want(other.id)
        for operation in (vote_for_want, unvote_want, toggle_want_vote):
            with pytest.raises(NotFound, match="Want not found"):
                await operation(SYSTEM, APP, str(want.id), voter(ADA))
            with pytest.raises(NotFound, match="Unknown app"):
                await operation(backend_of(APP), other.id, str(want.id), voter(ADA))
            with pytest.raises(NotFound, match="Unknown app"):
                await operation(an_end_user(APP), other.id, str(want.id), NOBODY)
        assert await votes_of(want) == []

    async def test_somebody_else_s_vote_stays(self) -> None:
        want = await a_want(APP)
        await voted(want, voter(ADA))
        assert (await unvoted(want, NOBODY, actor=an_end_user(APP, BOB))).vote_count == 1
        with pytest.raises(InvalidInput, match="your own address"):
            await unvoted(want, voter(ADA), actor=an_end_user(APP, BOB))
        assert await who_voted(want) == {f"email:{ADA}"}

    async def test_what_waits_for_staff_takes_its_author_s_vote_alone(self) -> None:
        want = await a_want(APP, status=WantStatus.PENDING, author=by(ADA))
        with pytest.raises(NotFound):
            await voted(want, NOBODY, actor=an_end_user(APP, BOB))
        assert (await voted(want, NOBODY, actor=an_end_user(APP, ADA))).vote_count == 1


class TestValidation:
    async def test_a_backend_has_to_say_whose_vote_it_is(self) -> None:
        want = await a_want(APP)
        for operation in (vote_for_want, unvote_want, toggle_want_vote):
            with pytest.raises(InvalidInput, match="voterEmail or shopDomain is required"):
                await operation(backend_of(APP), APP, str(want.id), NOBODY)

    async def test_more_than_sixty_a_minute_are_too_many_of_one_person(self) -> None:
        want = await a_want(APP)
        for _ in range(60):
            await toggled(want)
        with pytest.raises(RateLimited) as refusal:
            await toggled(want)
        assert 1 <= refusal.value.retry_after <= 60
        assert (await stored(want)).vote_count == 0
        assert (await toggled(want, email=BOB)).has_voted is True

    @pytest.mark.parametrize("want_id", ["0" * 24, "nothing", '{"$ne": null}'])
    async def test_an_unknown_want_is_not_found(self, want_id: str) -> None:
        with pytest.raises(NotFound):
            await vote_for_want(SYSTEM, APP, want_id, voter(ADA))


class TestManyAtOnce:
    async def test_a_hundred_people_are_a_hundred_votes(self) -> None:
        want = await a_want(APP)
        await asyncio.gather(*(voted(want, one) for one in voters(100)))
        assert (await stored(want)).vote_count == len(await votes_of(want)) == 100

    async def test_one_person_a_hundred_times_is_one_vote(self) -> None:
        want = await a_want(APP)
        attempts = await asyncio.gather(*(voted(want, voter(ADA)) for _ in range(100)), return_exceptions=True)
        assert Counter(type(one) for one in attempts) == {PublicWant: 60, RateLimited: 40}
        assert (await stored(want)).vote_count == len(await votes_of(want)) == 1

    async def test_each_of_many_toggles_counts(self) -> None:
        want = await a_want(APP)
        outcomes = await asyncio.gather(*(toggled(want) for _ in range(59)))
        assert Counter(one.has_voted for one in outcomes) == {True: 30, False: 29}
        assert (await stored(want)).vote_count == len(await votes_of(want)) == 1

    async def test_people_who_come_and_go(self) -> None:
        want, people = await a_want(APP), voters(50)
        for one in people[:25]:
            await voted(want, one)
        leaving = (unvoted(want, one) for one in people[:25])
        await asyncio.gather(*leaving, *(voted(want, one) for one in people[25:]))
        assert (await stored(want)).vote_count == len(await votes_of(want)) == 25

    async def test_votes_for_what_is_being_deleted_go_with_it(self) -> None:
        want = await a_want(APP)
        voting = (voted(want, one) for one in voters(20))
        outcomes = await asyncio.gather(*voting, delete_want(SYSTEM, APP, str(want.id)), return_exceptions=True)
        assert {type(one) for one in outcomes} <= {PublicWant, Want, NotFound}
        assert await votes_of(want) == []


class TestDeaths:
    """At every write, before and after it."""

    @pytest.mark.parametrize("last_arrives", [False, True])
    @pytest.mark.parametrize("is_leaving", [False, True])
    async def test_readers_see_the_votes_that_there_are(self, is_leaving: bool, last_arrives: bool) -> None:
        for deaths in count():
            want = await with_votes(await a_want((await an_app()).id), 2)
            attempt: Any = voted(want, voter(ADA))
            if is_leaving:
                await attempt
                attempt = unvoted(want, voter(ADA))
            if await _survives(attempt, deaths, last_arrives):
                break
            await self._all_see(want, len(await votes_of(want)))
            with clock.shifted(timedelta(minutes=2)):
                await settle_changed_wants(SYSTEM)
            settled = await stored(want)
            assert (settled.vote_count, settled.changed_at) == (len(await votes_of(want)), None)
        assert deaths >= 4

    async def _all_see(self, want: Want, votes: int) -> None:
        sort, public = WantSortKey.VOTES.order(), PublicWantSortKey.VOTES.order()
        (listed,) = (await list_wants(SYSTEM, want.app_id, Range(), WantFilter(), sort)).items
        board = await list_public_wants(SYSTEM, want.app_id, Page(), PublicWantFilter(), public, NOBODY)
        assert [await seen(want), listed.vote_count, board.items[0].vote_count] == [votes] * 3


async def _survives(attempt: Any, writes: int, last_arrives: bool) -> bool:
    try:
        with dying(writes, last_arrives=last_arrives):
            await attempt
    except Killed:
        return False
    return True
