"""What people say about the apps: taken from them, read and sorted out by staff."""

import asyncio
from typing import Any, Final

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, RateLimited
from core.inputs import iso
from core.pages import Page, Range
from core.scopes import Scope
from models.apps import App
from models.feedback import Feedback, FeedbackStatus, FeedbackType
from models.priorities import Priority
from models.slack_routing import SlackTopic
from resolvers import feedback
from resolvers.feedback import (
    FeedbackFilter,
    FeedbackSortKey,
    FeedbackStatusChange,
    FeedbackUpdate,
    change_feedback_status,
    delete_feedback,
    get_feedback,
    list_feedback,
    update_feedback,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.feedback import SYSTEM, a_feedback, said, saying
from tests.factories.people import an_actor
from tests.factories.shops import a_shop, days_ago

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA: Final = "ada@example.com"
TEA: Final = "tea.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> App:
    return await an_app(APP)


async def messages(actor: Actor = SYSTEM, key: FeedbackSortKey = FeedbackSortKey.CREATED_AT, **filters: object) -> Any:
    wanted = FeedbackFilter.model_validate(filters)
    found = await list_feedback(actor, Page(), wanted, key.order(descending=True))
    return [one.message for one in found.items]


def update(**fields: object) -> FeedbackUpdate:
    return FeedbackUpdate.model_validate(fields)


class TestSaying:
    async def test_what_was_said_is_kept(self) -> None:
        backend = backend_of(APP)
        context = {"browser": "Firefox", "cart": {"items": 3}}
        fields = {"type": "bug", "rating": 2, "page": "/new", "appVersion": "4.2", "context": context, "name": "Ada"}
        kept = await said(APP, backend, email="Ada@example.com", shopDomain=TEA, priority="high", **fields)
        stored = await get_feedback(SYSTEM, str(kept.id))
        assert (stored.type, stored.rating, stored.priority) == (FeedbackType.BUG, 2, Priority.HIGH)
        assert (stored.email, stored.email_key, stored.shop_domain, stored.name) == ("Ada@example.com", ADA, TEA, "Ada")
        assert (stored.page, stored.app_version, stored.context) == ("/new", "4.2", context)
        assert (stored.status, stored.created_by) == (FeedbackStatus.NEW, backend.label)

    async def test_a_rating_says_enough(self) -> None:
        assert (await said(APP, message="", rating=5)).rating == 5
        with pytest.raises(ValidationError, match="message or rating is required"):
            saying(message=" ")

    async def test_an_end_user_says_it_themselves(self) -> None:
        assert (await said(APP, an_end_user(APP, ADA))).email == ADA
        for fields, field in (({"email": "bob@example.com"}, "email"), ({"priority": "urgent"}, "priority")):
            with pytest.raises(InvalidInput) as refusal:
                await said(APP, an_end_user(APP, ADA), **fields)
            assert refusal.value.field == field

    async def test_a_shop_that_names_nobody_speaks_as_its_owner_and_staff_as_nobody(self) -> None:
        await a_shop(APP, TEA, email=ADA)
        kept = await said(APP, backend_of(APP), shopDomain=TEA)
        assert (kept.email_key, kept.shop_domain) == (ADA, TEA)
        assert (await said(APP, await an_actor(Role.SUPPORT))).email is None

    async def test_slack_is_told_of_bugs_and_of_who_is_not_content(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[str] = []

        async def tell(actor: Actor, topic: SlackTopic, app_id: str, text: str, *, key: str) -> None:
            assert (topic, app_id) == (SlackTopic.FEEDBACK, APP)
            told.append(text)

        monkeypatch.setattr(feedback, "tell_slack", tell)
        await said(APP, backend_of(APP), rating=1, message="Slow", shopDomain=TEA)
        await said(APP, backend_of(APP), type="bug", message="It broke", email=ADA)
        await said(APP, backend_of(APP), rating=3, message="It works")
        await said(APP, backend_of(APP), type="praise", rating=5, message="Lovely")
        assert told == [f"Other 1 of 5 from {TEA}: Slow", f"Bug from {ADA}: It broke"]

    async def test_more_than_ten_a_minute_are_too_many_of_one_person(self) -> None:
        saying_much = (said(APP, backend_of(APP), email=ADA) for _ in range(12))
        outcomes = await asyncio.gather(*saying_much, return_exceptions=True)
        assert sum(isinstance(one, RateLimited) for one in outcomes) == 2
        await said(APP, backend_of(APP), email="bob@example.com")


class TestLooking:
    async def test_over_all_apps_or_one_by_any_filter(self) -> None:
        other = await an_app()
        await a_feedback(other.id, message="a", type=FeedbackType.PRAISE, rating=5, created_at=days_ago(2))
        await a_feedback(APP, message="b", type=FeedbackType.BUG, rating=1, shop_domain=TEA, priority=Priority.URGENT)
        await a_feedback(APP, message="c", email="Ada@example.com", email_key=ADA, status=FeedbackStatus.REVIEWED)
        viewer = await an_actor(Role.VIEWER)
        assert await messages(viewer) == ["c", "b", "a"]
        for filters, found in (
            ({"appId": APP}, ["c", "b"]),
            ({"appId": other.id}, ["a"]),
            ({"type": "praise"}, ["a"]),
            ({"status": "reviewed"}, ["c"]),
            ({"priority": "urgent"}, ["b"]),
            ({"rating": 5}, ["a"]),
            ({"shopDomain": TEA}, ["b"]),
            ({"email": "ADA@example.com"}, ["c"]),
            ({"search": "ada@"}, ["c"]),
            ({"createdTo": iso(days_ago(1))}, ["a"]),
            ({"createdFrom": iso(days_ago(1))}, ["c", "b"]),
        ):
            assert await messages(viewer, **filters) == found
        with pytest.raises(NotFound, match="Unknown app"):
            await messages(viewer, appId="nowhere")

    async def test_by_rating_those_without_one_last(self) -> None:
        for message, rating in (("none", None), ("low", 1), ("high", 5), ("nothing", None)):
            await a_feedback(APP, message=message, rating=rating)
        assert await messages(key=FeedbackSortKey.RATING) == ["high", "low", "nothing", "none"]
        shown: list[str] = []
        after = None
        while after is not None or not shown:
            sort = FeedbackSortKey.RATING.order(descending=True)
            page = await list_feedback(SYSTEM, Range(1, after=after), FeedbackFilter(), sort)
            shown.append(page.items[0].message)
            after = page.cursor_of(page.items[0]) if page.has_next else None
        assert shown == ["high", "low", "nothing", "none"]


class TestSortingOut:
    async def test_support_changes_what_is_theirs_to_change(self) -> None:
        kept, support = await a_feedback(APP), await an_actor(Role.SUPPORT)
        changed = await update_feedback(support, str(kept.id), update(type="idea", priority="low", note="Called them"))
        assert (changed.type, changed.priority, changed.note) == (FeedbackType.IDEA, Priority.LOW, "Called them")
        assert (changed.message, changed.status) == (kept.message, FeedbackStatus.NEW)

    async def test_when_it_was_resolved_is_kept_as_long_as_it_is(self) -> None:
        kept = await a_feedback(APP)
        resolved = FeedbackStatusChange(status=FeedbackStatus.RESOLVED)
        assert (await change_feedback_status(SYSTEM, str(kept.id), resolved)).resolved_at is not None
        assert (await update_feedback(SYSTEM, str(kept.id), update(note="Hm"))).resolved_at is not None
        assert (await update_feedback(SYSTEM, str(kept.id), update(status="new"))).resolved_at is None

    async def test_deleting_twice_is_not_found(self) -> None:
        kept = await a_feedback(APP)
        assert (await delete_feedback(SYSTEM, str(kept.id))).id == kept.id
        with pytest.raises(NotFound, match="Feedback not found"):
            await delete_feedback(SYSTEM, str(kept.id))


class TestMay:
    async def test_say_something(self) -> None:
        for actor in (await an_actor(Role.SUPPORT), backend_of(APP, Scope.FEEDBACK_WRITE), an_end_user(APP)):
            await said(APP, actor)
        for actor in (await an_actor(Role.VIEWER), backend_of(APP, Scope.WANTS_WRITE)):
            with pytest.raises(Forbidden):
                await said(APP, actor)
        for stranger in (backend_of("other"), an_end_user("other")):
            with pytest.raises(NotFound, match="Unknown app"):
                await said(APP, stranger)

    async def test_look_and_change(self) -> None:
        kept = await a_feedback(APP)
        viewer = await an_actor(Role.VIEWER)
        await get_feedback(viewer, str(kept.id))
        strangers = (backend_of(APP), an_end_user(APP))
        for actor in strangers:
            for attempt in (messages(actor), get_feedback(actor, str(kept.id))):
                with pytest.raises(Forbidden):
                    await attempt
        for actor in (viewer, await an_actor(Role.MARKETING), *strangers):
            for attempt in (
                update_feedback(actor, str(kept.id), update(note="x")),
                change_feedback_status(actor, str(kept.id), FeedbackStatusChange(status=FeedbackStatus.NEW)),
                delete_feedback(actor, str(kept.id)),
            ):
                with pytest.raises(Forbidden):
                    await attempt


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"rating": 0}, "rating"),
            ({"rating": 6}, "rating"),
            ({"rating": True}, "rating"),
            ({"rating": 4.5}, "rating"),
            ({"type": "rant"}, "type"),
            ({"message": "x" * 5001}, "message"),
            ({"message": {"$ne": None}}, "message"),
            ({"email": "ada"}, "email"),
            ({"context": {"$where": "1"}}, "context"),
            ({"context": {"a.b": 1}}, "context"),
            ({"context": {str(key): "x" * 1000 for key in range(17)}}, "context"),
            ({"status": "resolved"}, "status"),
            ({"appId": "other"}, "appId"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            saying(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    @pytest.mark.parametrize("fields", [{"message": "x"}, {"rating": 5}, {"email": ADA}, {"status": None}])
    def test_what_people_said_stays(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            update(**fields)

    @pytest.mark.parametrize("feedback_id", ["0" * 24, "nothing", '{"$ne": null}'])
    async def test_unknown_feedback_is_not_found(self, feedback_id: str) -> None:
        with pytest.raises(NotFound, match="Feedback not found"):
            await get_feedback(SYSTEM, feedback_id)
        assert await Feedback.find_all().count() == 0
