"""What people want of an app, as staff look after it."""

import asyncio
from typing import Any, Final

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.pages import Page
from models.apps import App
from models.priorities import Priority
from models.wants import Want, WantAuthor, WantStatus
from resolvers.want_merging import merge_want
from resolvers.wants import (
    WantFilter,
    WantPriorityChange,
    WantSortKey,
    WantUpdate,
    change_want_priority,
    delete_want,
    get_want,
    list_wants,
    update_want,
    want_stats,
    watch_wants,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.wants import SYSTEM, a_want, by, stored, voted, voter, votes_of, with_votes

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA: Final = "ada@example.com"
TEA: Final = "tea.myshopify.com"
HIGH: Final = WantPriorityChange(priority=Priority.HIGH)


@pytest.fixture(autouse=True)
async def _app(platform: object) -> App:
    return await an_app(APP)


async def titles(actor: Actor = SYSTEM, key: WantSortKey = WantSortKey.CREATED_AT, **filters: object) -> list[str]:
    wanted = WantFilter.model_validate(filters)
    found = await list_wants(actor, APP, Page(), wanted, key.order(descending=True))
    return [want.title for want in found.items]


def update(**fields: object) -> WantUpdate:
    return WantUpdate.model_validate(fields)


async def updated(want: Want, actor: Actor = SYSTEM, **fields: object) -> Want:
    return await update_want(actor, APP, str(want.id), update(**fields))


class TestWorks:
    async def test_staff_see_everything_by_any_filter(self) -> None:
        author = WantAuthor(key=f"shop:{TEA}", shop_domain=TEA)
        await a_want(APP, "a", status=WantStatus.PENDING, author=by(ADA), priority=Priority.URGENT)
        await a_want(APP, "b", category="editor", tags=["night"], author=author)
        merged = await a_want(APP, "c", description="For the night")
        await merge_want(SYSTEM, APP, str(merged.id), str((await a_want(APP, "d")).id))
        viewer = await an_actor(Role.VIEWER)
        assert await titles(viewer) == ["d", "c", "b", "a"]
        for filters, found in (
            ({"status": "pending"}, ["a"]),
            ({"priority": "urgent"}, ["a"]),
            ({"authorEmail": "ADA@example.com"}, ["a"]),
            ({"category": "editor"}, ["b"]),
            ({"tag": "night"}, ["b"]),
            ({"shopDomain": TEA}, ["b"]),
            ({"search": "NIGHT"}, ["c", "b"]),
            ({"isMerged": True}, ["c"]),
            ({"isMerged": False}, ["d", "b", "a"]),
        ):
            assert await titles(viewer, **filters) == found

    async def test_by_votes_and_by_the_latest_change(self) -> None:
        for title, votes in (("a", 1), ("b", 3), ("c", 2)):
            await with_votes(await a_want(APP, title), votes)
        (first,) = await Want.find({"title": "a"}).to_list()
        await updated(first, eta="Soon")
        assert await titles(key=WantSortKey.VOTES) == ["b", "c", "a"]
        assert await titles(key=WantSortKey.UPDATED_AT) == ["a", "c", "b"]

    async def test_statistics_have_all_keys(self) -> None:
        await App.find_one({"_id": APP}).set({"wantBoard.categories": ["editor", "display"]})
        await a_want(APP, category="editor")
        await a_want(APP, category="gone", status=WantStatus.PLANNED, priority=Priority.HIGH)
        await a_want((await an_app()).id)
        stats = await want_stats(await an_actor(Role.VIEWER), APP)
        assert (stats.total, stats.by_category) == (2, {"editor": 1, "display": 0, "gone": 1})
        assert stats.by_status == dict.fromkeys(WantStatus, 0) | {"under_review": 1, "planned": 1}
        assert stats.by_priority == dict.fromkeys(Priority, 0) | {"medium": 1, "high": 1}

    async def test_what_is_sent_is_changed_and_found(self) -> None:
        want, support = await a_want(APP, "Schedules", eta="Soon"), await an_actor(Role.SUPPORT)
        changed = await updated(want, support, title="Dark mode", tags=["night", "night"], answer="We like it")
        assert (changed.title, changed.tags, changed.eta, changed.description) == ("Dark mode", ["night"], "Soon", "")
        assert changed.answer is not None
        assert (changed.answer.text, changed.answer.by) == ("We like it", support.label)
        assert await titles(search="dark") == await titles(search="night") == ["Dark mode"]
        assert await titles(search="schedules") == []
        assert changed.title_tokens == ["dark", "mode"]
        cleared = await updated(want, support, answer=None, eta=None)
        assert (cleared.answer, cleared.eta, cleared.title) == (None, None, "Dark mode")

    async def test_changes_at_the_same_time_are_all_kept(self) -> None:
        want = await a_want(APP)
        changes = ({"title": "Dark mode"}, {"description": "For the night"}, {"tags": ["theme"]}, {"eta": "Soon"})
        await asyncio.gather(*(updated(want, **change) for change in changes))
        assert await titles(search="dark mode theme for the night") == ["Dark mode"]
        assert (await stored(want)).eta == "Soon"

    async def test_a_priority_is_for_staff_to_know(self) -> None:
        want = await a_want(APP)
        assert (await change_want_priority(SYSTEM, APP, str(want.id), HIGH)).priority is Priority.HIGH

    async def test_deleting_takes_the_votes_along(self) -> None:
        want = await with_votes(await a_want(APP), 3)
        assert (await delete_want(SYSTEM, APP, str(want.id))).title == want.title
        assert (await Want.get(want.id), await votes_of(want)) == (None, [])
        with pytest.raises(NotFound):
            await delete_want(SYSTEM, APP, str(want.id))

    async def test_whoever_watches_is_told_of_votes_and_changes(self) -> None:
        want = await a_want(APP)
        changes = await watch_wants(await an_actor(Role.VIEWER), APP)
        for act, seen in (
            (voted(want, voter(ADA)), (1, want.title)),
            (updated(want, title="Dark mode"), (1, "Dark mode")),
        ):
            told = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)  # it begins to listen
            await act
            async with asyncio.timeout(10):
                shown = await told
            assert (shown.vote_count, shown.title) == seen


class TestMayLook:
    async def test_staff_look_and_support_writes(self) -> None:
        want, support = await a_want(APP), await an_actor(Role.SUPPORT)
        await updated(want, support, eta="Soon")
        for role in (Role.VIEWER, Role.MARKETING):
            actor = await an_actor(role)
            await get_want(actor, APP, str(want.id))
            for attempt in self._writes(actor, want):
                with pytest.raises(Forbidden):
                    await attempt

    @pytest.mark.parametrize("actor", [backend_of(APP), an_end_user(APP)])
    async def test_nobody_else_does_either(self, actor: Actor) -> None:
        want = await a_want(APP)
        for attempt in (
            titles(actor),
            want_stats(actor, APP),
            get_want(actor, APP, str(want.id)),
            watch_wants(actor, APP),
            *self._writes(actor, want),
        ):
            with pytest.raises(Forbidden):
                await attempt

    def _writes(self, actor: Actor, want: Want) -> tuple[Any, ...]:
        return (
            updated(want, actor, eta="Soon"),
            change_want_priority(actor, APP, str(want.id), HIGH),
            delete_want(actor, APP, str(want.id)),
        )


class TestOwnership:
    async def test_another_app_s_want_does_not_exist(self) -> None:
        want = await a_want((await an_app()).id)
        assert await titles() == []
        for want_id in (str(want.id), "0" * 24, "nothing", '{"$ne": null}'):
            for attempt in (
                get_want(SYSTEM, APP, want_id),
                update_want(SYSTEM, APP, want_id, update(eta="Soon")),
                change_want_priority(SYSTEM, APP, want_id, HIGH),
                delete_want(SYSTEM, APP, want_id),
            ):
                with pytest.raises(NotFound, match="Want not found"):
                    await attempt


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"title": ""}, "title"),
            ({"title": None}, "title"),
            ({"priority": "later"}, "priority"),
            ({"tags": ["Not A Slug"]}, "tags.0"),
            ({"tags": ["x"] * 21}, "tags"),
            ({"status": "planned"}, "status"),
            ({"voteCount": 100}, "voteCount"),
            ({"answer": {"$set": 1}}, "answer"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            update(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    async def test_a_category_is_one_of_the_app_s(self) -> None:
        want = await a_want(APP)
        await App.find_one({"_id": APP}).set({"wantBoard.categories": ["editor"]})
        with pytest.raises(InvalidInput, match="category must be one of editor"):
            await updated(want, category="display")
        await updated(want, eta="Soon")

    async def test_an_unknown_app_is_not_found(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await want_stats(SYSTEM, "nowhere")
