"""Wants in any order of votes, merges and decisions, several at a time, with callers that die in the middle of them."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.errors import DomainError
from core.pages import Range
from models.apps import App
from models.email_jobs import EmailJob
from models.want_votes import WantVote
from models.wants import Want, WantStatus
from resolvers.want_changes import WantStatusChange, change_want_status
from resolvers.want_merging import merge_want
from resolvers.want_upkeep import recount_wants, settle_changed_wants
from resolvers.want_votes import toggle_want_vote, unvote_want, vote_for_want
from resolvers.wants import WantFilter, WantSortKey, delete_want, list_wants
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.wants import SYSTEM, a_want, voter

pytestmark = pytest.mark.usefixtures("platform")

EXAMPLES: Final = int(os.environ.get("ALLOVER_TEST_WALKS", "15"))
WANTS, PEOPLE = 4, 3

VOTING: Final = st.tuples(
    st.sampled_from([vote_for_want, unvote_want, toggle_want_vote]),
    st.integers(0, WANTS - 1),
    st.integers(0, PEOPLE - 1),
)
MERGING: Final = st.tuples(st.just(merge_want), st.integers(0, WANTS - 1), st.integers(0, WANTS - 1))
DECIDING: Final = st.tuples(st.just(change_want_status), st.integers(0, WANTS - 1), st.sampled_from(WantStatus))
DELETING: Final = st.tuples(st.just(delete_want), st.just(WANTS - 1), st.none())
STEPS: Final = st.lists(
    st.tuples(
        st.lists(st.one_of(VOTING, VOTING, VOTING, MERGING, DECIDING, DELETING), min_size=1, max_size=6),
        st.one_of(st.none(), st.tuples(st.integers(0, 12), st.booleans())),
    ),
    max_size=8,
)


class World:
    """Some wants of one app, and people who vote for them."""

    def __init__(self, app_id: str, wants: list[Want]) -> None:
        self.app_id = app_id
        self.ids = [str(want.id) for want in wants]

    async def do(self, step: tuple[Any, int, Any]) -> None:
        operation, number, what = step
        want_id = self.ids[number]
        with suppress(DomainError):
            if operation is merge_want:
                await merge_want(SYSTEM, self.app_id, want_id, self.ids[what])
            elif operation is change_want_status:
                await change_want_status(SYSTEM, self.app_id, want_id, WantStatusChange(status=what))
            elif operation is delete_want:
                await delete_want(SYSTEM, self.app_id, want_id)
            else:
                await operation(SYSTEM, self.app_id, want_id, voter(f"person-{what}@example.com"))

    async def check_readers(self) -> None:
        """Whatever somebody died of, readers get the votes that there are, and nobody has two."""
        votes = await WantVote.find({"appId": self.app_id}).to_list()
        assert all(number == 1 for number in Counter((vote.want_id, vote.identity) for vote in votes).values())
        counts = Counter(vote.want_id for vote in votes)
        sort = WantSortKey.CREATED_AT.order()
        for want in (await list_wants(SYSTEM, self.app_id, Range(), WantFilter(), sort)).items:
            assert want.vote_count == counts[want.id]

    async def check_settled(self) -> None:
        """Once the upkeep has been there, all numbers are stored, and merged wants have no votes."""
        for minutes in (2, 4, 6):
            with clock.shifted(timedelta(minutes=minutes)):
                await settle_changed_wants(SYSTEM)
        await recount_wants(SYSTEM)
        wants = {want.id: want for want in await Want.find({"appId": self.app_id}).to_list()}
        votes = Counter(vote.want_id for vote in await WantVote.find({"appId": self.app_id}).to_list())
        assert votes.keys() <= wants.keys()
        for want in wants.values():
            assert want.vote_count == votes[want.id]
            assert sum(segment.votes for segment in want.stake.segments) == votes[want.id]
            if want.merged_into in wants:
                assert votes[want.id] == 0
            assert self._leads_out(want, wants)

    def _leads_out(self, want: Want, wants: Any) -> bool:
        seen = set()
        while want.merged_into in wants:
            if want.id in seen:
                return False
            seen.add(want.id)
            want = wants[want.merged_into]
        return True


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_whatever_happens_votes_are_counted_and_nobody_has_two(steps: list[Any]) -> None:
    for document in (App, Want, WantVote, EmailJob):
        await document.delete_all()
    app = await an_app()
    world = World(app.id, [await a_want(app.id) for _ in range(WANTS)])
    for number in range(PEOPLE):
        await world.do((vote_for_want, number, number))
    for together, death in steps:
        if death is None:
            await asyncio.gather(*(world.do(step) for step in together))
        else:
            with suppress(Killed), dying(death[0], last_arrives=death[1]):
                for step in together:
                    await world.do(step)
        await world.check_readers()
    await world.check_settled()
