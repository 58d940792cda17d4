"""What the apps' backends report, and how shops follow it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pymongo.errors import ConnectionFailure

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Page
from core.scopes import Scope
from models.app_events import KEPT, AppEvent
from models.shops import Shop, ShopStatus, SubscriptionStatus
from resolvers import app_events, event_effects
from resolvers.app_events import AppEventCreate, AppEventFilter, AppEventSortKey, apply_pending_events, create_app_event
from resolvers.plans import PlanUpdate, update_plan
from resolvers.shops import get_shop
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.plans import a_plan
from tests.factories.shops import a_domain, a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM = Actor.system("tests")
TEA = "tea.myshopify.com"


async def shop_of(app_id: str, domain: str = TEA) -> Shop:
    return await get_shop(SYSTEM, app_id, domain)


async def listed(actor: Actor, app_id: str, **filters: Any) -> list[str]:
    wanted = AppEventFilter.model_validate(filters)
    found = await app_events.list_app_events(actor, app_id, Page(), wanted, AppEventSortKey.OCCURRED_AT.order())
    return [event.name for event in found.items]


class TestInstalls:
    async def test_make_a_shop_with_what_the_backend_knows_of_it(self) -> None:
        app = await an_app()
        event = await an_event(
            app.id, "app-installed", TEA, at=days_ago(2), name="Tea", email="Hi@Tea.example.com", country="GB", vip=True
        )
        shop = await shop_of(app.id)
        assert (shop.name, shop.email, shop.country, shop.status) == (
            "Tea", "Hi@tea.example.com", "GB", ShopStatus.ACTIVE,
        )  # fmt: skip
        assert (shop.installed_at, shop.name_key, shop.version) == (event.occurred_at, "tea", 1)
        assert event.data["vip"] is True

    async def test_go_by_both_spellings(self) -> None:
        app = await an_app()
        event = await an_event(app.id, "app_installed", TEA)
        assert (event.name, (await shop_of(app.id)).status) == ("app-installed", ShopStatus.ACTIVE)

    async def test_with_a_plan_start_its_trial(self) -> None:
        app = await an_app()
        plan = await a_plan(app.id, "pro")
        await plan.set({"trialDays": 14})
        event = await an_event(app.id, "app-installed", TEA, at=days_ago(1), plan="pro")
        shop = await shop_of(app.id)
        assert shop.subscription is not None
        assert (shop.subscription.plan_handle, shop.subscription.price) == ("pro", plan.price)
        assert shop.trial_ends_at == event.occurred_at + timedelta(days=14)

    async def test_that_are_late_fill_in_what_is_not_known(self) -> None:
        app = await an_app()
        await an_event(app.id, "app-installed", TEA, at=days_ago(1), name="New name")
        await an_event(app.id, "app-installed", TEA, at=days_ago(5), name="Old name", owner="Ada")
        shop = await shop_of(app.id)
        assert (shop.name, shop.owner) == ("New name", "Ada")

    async def test_of_the_same_shop_in_two_apps_are_two_shops(self) -> None:
        one, two = await an_app(), await an_app()
        await a_shop(one.id, TEA)
        await a_shop(two.id, TEA)
        assert (await shop_of(one.id)).id != (await shop_of(two.id)).id


class TestUninstallsAndPlans:
    async def test_an_uninstall_cancels_and_a_reinstall_revives_the_same_shop(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        installed = await a_shop(app.id, TEA, at=days_ago(9), plan="pro")
        await an_event(app.id, "app-uninstalled", TEA, at=days_ago(5), reason="Too dear")
        gone = await shop_of(app.id)
        assert gone.subscription is not None
        assert (gone.status, gone.subscription.status) == (ShopStatus.UNINSTALLED, SubscriptionStatus.CANCELLED)
        assert gone.history[-1].reason == "Too dear"
        back = await a_shop(app.id, TEA)
        assert (back.id, back.status) == (installed.id, ShopStatus.ACTIVE)

    async def test_a_price_change_keeps_the_old_price_for_shops_that_have_it(self) -> None:
        app = await an_app()
        plan = await a_plan(app.id, "pro", price="40")
        await a_shop(app.id, TEA, plan="pro")
        await update_plan(SYSTEM, app.id, str(plan.id), PlanUpdate.model_validate({"price": 60}))
        await an_event(app.id, "plan-changed", TEA, plan="pro", isTest=True)
        await a_shop(app.id, "new.myshopify.com", plan="pro")
        kept, new = (await shop_of(app.id)).subscription, (await shop_of(app.id, "new.myshopify.com")).subscription
        assert kept is not None and new is not None
        assert (str(kept.price), kept.is_test, str(new.price)) == ("40", True, "60")

    async def test_a_plan_of_another_app_is_none(self) -> None:
        app = await an_app()
        await a_plan((await an_app()).id, "pro")
        event = await an_event(app.id, "plan-changed", TEA, plan="pro")
        assert event.problem == "The app has no plan pro"

    async def test_what_can_not_be_followed_is_kept_with_the_problem(self) -> None:
        app = await an_app()
        event = await an_event(app.id, "app-installed", TEA, plan="unheard-of")
        assert (event.problem, event.applied_at is None) == ("The app has no plan unheard-of", False)
        assert (await shop_of(app.id)).status is ShopStatus.ACTIVE
        viewer = await an_actor(Role.VIEWER)
        assert await listed(viewer, app.id, hasProblem=True) == ["app-installed"]
        assert await listed(viewer, app.id, hasProblem=False) == []

    async def test_an_event_of_the_past_does_not_undo_what_came_after(self) -> None:
        app = await an_app()
        await an_event(app.id, "app-uninstalled", TEA, at=days_ago(1))
        await an_event(app.id, "app-installed", TEA, at=days_ago(3))
        shop = await shop_of(app.id)
        assert (shop.status, [change.kind.value for change in shop.history]) == (
            ShopStatus.UNINSTALLED,
            ["installed", "uninstalled"],
        )


class TestOtherEvents:
    async def test_are_kept_as_they_are(self) -> None:
        app = await an_app()
        event = await an_event(app.id, "banner_published", banner="summer")
        assert (event.name, event.data, event.shop_domain) == ("banner_published", {"banner": "summer"}, None)
        assert event.applied_at is not None
        assert event.expires_at - event.created_at == KEPT
        assert await Shop.count() == 0

    async def test_lists_filter_by_name_shop_and_time(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        await an_event(app.id, "app-installed", TEA, at=days_ago(9))
        await an_event(app.id, "banner-published", TEA, at=days_ago(5))
        await an_event(app.id, "banner-published", "cakes.myshopify.com", at=days_ago(1))
        assert await listed(viewer, app.id, name="app_installed") == ["app-installed"]
        assert await listed(viewer, app.id, shopDomain="TEA.myshopify.com") == ["app-installed", "banner-published"]
        assert len(await listed(viewer, app.id, occurredFrom=days_ago(6), occurredTo=days_ago(2))) == 1


class TestOnce:
    async def test_the_same_key_is_the_same_event(self) -> None:
        app = await an_app()
        first = await an_event(app.id, "app-installed", TEA, key="1")
        again = await an_event(app.id, "app-installed", TEA, key="1")
        assert (again.id, await AppEvent.count(), len((await shop_of(app.id)).history)) == (first.id, 1, 1)

    async def test_the_same_key_at_the_same_time_is_the_same_event(self) -> None:
        app = await an_app()
        events = await asyncio.gather(*[an_event(app.id, "app-installed", TEA, key="1") for _ in range(10)])
        assert (len({event.id for event in events}), await AppEvent.count()) == (1, 1)
        assert len((await shop_of(app.id)).history) == 1

    async def test_events_without_a_key_are_events_of_their_own(self) -> None:
        app = await an_app()
        await an_event(app.id, "banner-published", TEA)
        await an_event(app.id, "banner-published", TEA)
        assert await AppEvent.count() == 2

    async def test_after_a_day_the_key_may_be_used_again(self) -> None:
        app = await an_app()
        first = await an_event(app.id, "banner-published", TEA, key="1")
        with clock.shifted(timedelta(hours=24, seconds=1)):
            later = await an_event(app.id, "banner-unpublished", TEA, key="1")
        assert later.id != first.id

    async def test_the_keys_of_two_apps_do_not_meet(self) -> None:
        one, two = await an_app(), await an_app()
        first = await an_event(one.id, "banner-published", TEA, key="1")
        assert (await an_event(two.id, "banner-published", TEA, key="1")).id != first.id

    async def test_the_same_key_for_something_else_is_a_conflict(self) -> None:
        app = await an_app()
        await an_event(app.id, "app-installed", TEA, key="1")
        for name, domain in (("app-uninstalled", TEA), ("app-installed", "other.myshopify.com")):
            with pytest.raises(Conflict) as conflict:
                await an_event(app.id, name, domain, key="1")
            assert conflict.value.field == "idempotencyKey"


class TestNothingIsLost:
    async def test_when_many_events_of_a_shop_arrive_at_once(self) -> None:
        app = await an_app()
        names = ["app-installed", "app-uninstalled"]
        moments = [days_ago(100 - number) for number in range(50)]
        reports = [an_event(app.id, names[n % 2], TEA, at=moment) for n, moment in enumerate(moments)]
        await asyncio.gather(*reports)
        shop = await shop_of(app.id)
        assert [change.at for change in shop.history] == moments
        assert (shop.status, shop.version, await Shop.count()) == (ShopStatus.UNINSTALLED, 50, 1)

    async def test_when_the_server_dies_between_keeping_and_following(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = await an_app()
        with monkeypatch.context() as broken:
            broken.setattr(app_events, "take_effect", _dies)
            with pytest.raises(ConnectionFailure):
                await an_event(app.id, "app-installed", TEA, name="Tea")
        assert await Shop.count() == 0
        assert await apply_pending_events(SYSTEM) == 0, "it may be on its way just now"
        with clock.shifted(timedelta(seconds=11)):
            assert await apply_pending_events(SYSTEM) == 1
            assert await apply_pending_events(SYSTEM) == 0
        assert (await shop_of(app.id)).name == "Tea"

    async def test_when_it_dies_after_the_shop_followed(self) -> None:
        app = await an_app()
        event = await an_event(app.id, "app-installed", TEA)
        await event.set({"appliedAt": None})
        with clock.shifted(timedelta(seconds=11)):
            assert await apply_pending_events(SYSTEM) == 1
        shop = await shop_of(app.id)
        assert (len(shop.history), shop.version) == (1, 1)

    async def test_one_that_fails_does_not_hold_up_the_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = await an_app()
        bad, good = await an_event(app.id, "app-installed", TEA), await an_event(app.id, "app-installed", a_domain())
        for event in (bad, good):
            await event.set({"appliedAt": None})

        async def dies_of_bad(event: AppEvent) -> str | None:
            return await (_dies if event.id == bad.id else event_effects.take_effect)(event)

        monkeypatch.setattr(app_events, "take_effect", dies_of_bad)
        with clock.shifted(timedelta(seconds=11)):
            assert await apply_pending_events(SYSTEM) == 1


async def _dies(event: AppEvent) -> str | None:
    raise ConnectionFailure("gone")


class TestWhoMay:
    async def test_a_backend_reports_with_its_key(self) -> None:
        app = await an_app()
        backend = backend_of(app.id, Scope.EVENTS_WRITE)
        event = await create_app_event(backend, app.id, "banner-published", AppEventCreate())
        assert event.sent_by == backend.label

    async def test_a_key_without_the_scope_may_not(self) -> None:
        app = await an_app()
        with pytest.raises(Forbidden, match="events:write"):
            await create_app_event(backend_of(app.id, Scope.SHOPS_READ), app.id, "x", AppEventCreate())

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_staff_who_are_no_admins_may_not_report(self, role: Role) -> None:
        app = await an_app()
        with pytest.raises(Forbidden):
            await create_app_event(await an_actor(role), app.id, "x", AppEventCreate())

    async def test_nobody_reads_or_repairs_without_being_allowed_to(self) -> None:
        app = await an_app()
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous(), app.id)
        with pytest.raises(Forbidden):
            await listed(backend_of(app.id), app.id)
        with pytest.raises(Forbidden):
            await apply_pending_events(await an_actor())


class TestOwnership:
    async def test_for_the_key_of_another_app_this_one_does_not_exist(self) -> None:
        app, other = await an_app(), await an_app()
        with pytest.raises(NotFound, match="Unknown app"):
            await create_app_event(backend_of(other.id), app.id, "x", AppEventCreate())

    async def test_an_event_is_found_in_its_own_app_only(self) -> None:
        app, other, viewer = await an_app(), await an_app(), await an_actor(Role.VIEWER)
        event = await an_event(app.id, "banner-published")
        assert (await app_events.get_app_event(viewer, app.id, str(event.id))).id == event.id
        assert await listed(viewer, other.id) == []
        with pytest.raises(NotFound):
            await app_events.get_app_event(viewer, other.id, str(event.id))


class TestValidation:
    @pytest.mark.parametrize(
        "name", ["", "App", "app installed", "app--installed", "-app", "app-", "9lives", "é", "a" * 65, "a\n"]
    )
    async def test_names_are_in_snake_or_kebab_case(self, name: str) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput) as refused:
            await an_event(app.id, name)
        assert refused.value.field == "eventName"

    @pytest.mark.parametrize(
        ("name", "data", "wrong"),
        [
            ("app-installed", {"email": "no address"}, "data.email"),
            ("app-installed", {"name": 7}, "data.name"),
            ("app-installed", {"country": "Germany"}, "data.country"),
            ("app_installed", {"isTest": "maybe"}, "data.isTest"),
            ("plan-changed", {}, "data.plan"),
            ("plan-changed", {"plan": "pro", "status": "HAPPY"}, "data.status"),
            ("app-uninstalled", {"reason": ["many"]}, "data.reason"),
        ],
    )
    async def test_what_is_wrong_is_named_and_nothing_is_kept(
        self, name: str, data: dict[str, Any], wrong: str
    ) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput) as refused:
            await an_event(app.id, name, TEA, **data)
        assert (refused.value.field, await AppEvent.count()) == (wrong, 0)

    async def test_shops_are_named(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput) as refused:
            await an_event(app.id, "app-installed")
        assert refused.value.field == "shopDomain"

    async def test_the_future_has_not_happened(self) -> None:
        app = await an_app()
        await an_event(app.id, "banner-published", at=clock.now() + timedelta(minutes=4))
        with pytest.raises(InvalidInput) as refused:
            await an_event(app.id, "banner-published", at=clock.now() + timedelta(minutes=6))
        assert refused.value.field == "occurredAt"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"shopDomain": "example.com"},
            {"occurredAt": "yesterday"},
            {"data": {"$where": "1"}},
            {"data": []},
            {"idempotencyKey": ""},
            {"receivedAt": "2026-01-01"},
        ],
    )
    def test_inputs_are_checked(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as error:
            AppEventCreate.model_validate(wrong)
        assert error.value.errors()[0]["loc"][0] == next(iter(wrong))


class TestMissing:
    async def test_an_unknown_app_has_no_events(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await an_event("nowhere", "app-installed", TEA)

    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense"])
    async def test_an_unknown_event_is_not_found(self, identity: str) -> None:
        app = await an_app()
        with pytest.raises(NotFound):
            await app_events.get_app_event(SYSTEM, app.id, identity)
