"""Wants that ask for the same become one, whatever else happens at the same time and whoever dies."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest

from core import clock
from core.actor import Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.want_votes import WantVote
from models.wants import Want, WantStatus
from resolvers import want_merging
from resolvers.want_merging import merge_want, move_on
from resolvers.want_upkeep import settle_changed_wants
from resolvers.wants import delete_want
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.wants import (
    SYSTEM,
    a_want,
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
ADA, BOB, EVE = (voter(f"{name}@example.com") for name in ("ada", "bob", "eve"))


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def merged(want: Want, into: Want, **options: Any) -> Want:
    return await merge_want(SYSTEM, want.app_id, str(want.id), str(into.id), **options)


async def all_votes() -> Counter[str]:
    return Counter(vote.identity for vote in await WantVote.find_all().to_list())


class TestWorks:
    async def test_the_voters_of_both_vote_for_one(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        await voted(want, ADA, BOB)
        await voted(into, BOB, EVE)
        target = await merged(want, into)
        assert (target.id, target.vote_count) == (into.id, 3)
        assert await who_voted(into) == {f"email:{name}@example.com" for name in ("ada", "bob", "eve")}
        duplicate = await stored(want)
        assert (duplicate.status, duplicate.merged_into, duplicate.vote_count) == (WantStatus.DUPLICATE, into.id, 0)
        assert [(one.before, one.after) for one in duplicate.history] == [
            (WantStatus.UNDER_REVIEW, WantStatus.DUPLICATE)
        ]

    async def test_a_vote_says_what_it_was_cast_for(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        await voted(want, ADA, BOB)
        await voted(into, BOB, EVE)
        await merged(want, into)
        from_want = {vote.identity for vote in await votes_of(into) if want.id in vote.merged_from}
        assert from_want == {"email:ada@example.com", "email:bob@example.com"}

    async def test_what_is_merged_into_the_merged_goes_on(self) -> None:
        first, second, third = [await with_votes(await a_want(APP), 2) for _ in range(3)]
        await merged(first, second)
        await merged(second, third)
        assert [len(await votes_of(want)) for want in (first, second, third)] == [0, 0, 6]
        assert (await stored(third)).vote_count == 6

    async def test_however_many_they_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(want_merging, "BATCH", 7)
        want, into = await with_votes(await a_want(APP), 20), await with_votes(await a_want(APP), 20)
        await voted(want, *voters(5))
        await voted(into, *voters(10))
        assert (await merged(want, into)).vote_count == len(await votes_of(into)) == 50

    async def test_merged_wants_take_no_votes(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        await merged(want, into)
        for attempt in (voted(want, ADA), unvoted(want, ADA)):
            with pytest.raises(Conflict, match=f"merged into another want, {into.id}"):
                await attempt
        assert await all_votes() == {}


class TestMayMerge:
    async def test_support_alone(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        for actor in (await an_actor(Role.VIEWER), await an_actor(Role.MARKETING), backend_of(APP)):
            with pytest.raises(Forbidden):
                await merge_want(actor, APP, str(want.id), str(into.id))
        await merge_want(await an_actor(Role.SUPPORT), APP, str(want.id), str(into.id))


class TestOwnership:
    async def test_wants_of_two_apps_are_never_one(self) -> None:
        want, other = await a_want(APP), await a_want((await an_app()).id)
        for one, into in ((want, other), (other, want)):
            with pytest.raises(NotFound, match="Want not found"):
                await merge_want(SYSTEM, APP, str(one.id), str(into.id))


class TestValidation:
    async def test_not_into_itself(self) -> None:
        want = await a_want(APP)
        with pytest.raises(InvalidInput, match="into itself"):
            await merged(want, want)

    async def test_not_twice_and_not_into_what_is_merged(self) -> None:
        want, into, other = [await a_want(APP) for _ in range(3)]
        await merged(want, into)
        with pytest.raises(Conflict, match=f"merged into {into.id} already"):
            await merged(want, other)
        with pytest.raises(Conflict, match=f"was merged into {into.id}"):
            await merged(other, want)
        with pytest.raises(Conflict, match=f"was merged into {into.id}"):
            await merged(into, want)


class TestAtTheSameTime:
    async def test_votes_that_are_cast_meanwhile_arrive(self) -> None:
        want, into = await with_votes(await a_want(APP), 3), await a_want(APP)
        voting = [voted(want, one) for one in voters(40)]
        outcomes = await asyncio.gather(*voting[:20], merged(want, into), *voting[20:], return_exceptions=True)
        assert all(not isinstance(one, Exception) or isinstance(one, Conflict) for one in outcomes)
        assert await votes_of(want) == []
        assert (await stored(into)).vote_count == len(await votes_of(into)) >= 3
        assert (await stored(want)).vote_count == 0

    async def test_voting_for_both_is_one_vote(self) -> None:
        want, into = await a_want(APP), await a_want(APP)
        people = voters(20)
        both = [voted(one, person) for person in people for one in (want, into)]
        await asyncio.gather(*both, merged(want, into), return_exceptions=True)
        assert set((await all_votes()).values()) == {1}
        assert (await stored(into)).vote_count == len(await votes_of(into)) == 20

    async def test_into_each_other_leaves_one_of_them(self) -> None:
        one, other = await with_votes(await a_want(APP), 3), await with_votes(await a_want(APP), 4)
        await asyncio.gather(merged(one, other), merged(other, one), return_exceptions=True)
        await self._are_one([one, other], 7)

    async def test_round_in_a_ring_leaves_one_of_them(self) -> None:
        for _ in range(5):
            ring = [await with_votes(await a_want(APP), 2) for _ in range(3)]
            following = zip(ring, [*ring[1:], ring[0]], strict=True)
            await asyncio.gather(*(merged(one, into) for one, into in following), return_exceptions=True)
            await self._are_one(ring, 6)
            await Want.delete_all()
            await WantVote.delete_all()

    async def test_a_ring_that_somebody_left_is_opened_by_the_upkeep(self) -> None:
        one, other = await with_votes(await a_want(APP), 3), await with_votes(await a_want(APP), 4)
        for want, into in ((one, other), (other, one)):
            ring = {"mergedInto": into.id, "status": "duplicate", "changedAt": clock.now()}
            await want.set(ring)
        await settle_changed_wants(SYSTEM)
        await self._are_one([one, other], 7)

    async def test_deleting_what_it_is_merged_into(self) -> None:
        want, into = await with_votes(await a_want(APP), 5), await with_votes(await a_want(APP), 5)
        await asyncio.gather(merged(want, into), delete_want(SYSTEM, APP, str(into.id)), return_exceptions=True)
        assert await votes_of(into) == []
        await move_on(await stored(want))

    async def _are_one(self, wants: list[Want], votes: int) -> None:
        """All votes are with one that is merged into nothing, and the others lead there."""
        current = [await stored(want) for want in wants]
        (root,) = [want for want in current if want.merged_into is None]
        assert (root.vote_count, len(await votes_of(root)), root.status) == (votes, votes, WantStatus.UNDER_REVIEW)
        assert all(want.status is WantStatus.DUPLICATE for want in current if want.id != root.id)
        assert sum(want.vote_count for want in current) == votes


class TestDeaths:
    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_wherever_it_is_cut_off_the_upkeep_does_the_rest(self, last_arrives: bool) -> None:
        for deaths in count():
            want, into = await with_votes(await a_want(APP), 2), await with_votes(await a_want(APP), 2)
            person = voter(f"both-{deaths}@example.com")
            await voted(want, person)
            await voted(into, person)
            try:
                with dying(deaths, last_arrives=last_arrives):
                    await merged(want, into, notify=False)
            except Killed:
                for minutes in (2, 4):
                    with clock.shifted(timedelta(minutes=minutes)):
                        await settle_changed_wants(SYSTEM)
            else:
                break
            is_merged = (await stored(want)).merged_into is not None
            expected = [0, 5] if is_merged else [3, 3]
            for one, votes in zip((want, into), expected, strict=True):
                found = await stored(one)
                assert (len(await votes_of(one)), found.vote_count, found.changed_at) == (votes, votes, None)
        assert deaths >= 8
