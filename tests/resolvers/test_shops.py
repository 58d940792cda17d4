"""Shops that have, or had, one of the apps."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Page, Range
from core.scopes import Scope
from models.app_events import AppEvent
from models.shops import Shop, ShopStatus, SubscriptionStatus
from resolvers import shops
from resolvers.shops import (
    MOST_SETTINGS,
    ShopDomainFilter,
    ShopFilter,
    ShopSortKey,
    ShopStats,
    ShopStatusChange,
    ShopUpdate,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM = Actor.system("tests")
TEA = "tea.myshopify.com"


def update(**fields: Any) -> ShopUpdate:
    return ShopUpdate.model_validate(fields)


async def listed(app_id: str, key: ShopSortKey = ShopSortKey.DOMAIN, actor: Actor = SYSTEM, **filters: Any) -> str:
    """The first letters of the domains."""
    found = await shops.list_shops(actor, app_id, Page(), ShopFilter.model_validate(filters), key.order())
    return "".join(shop.domain[0] for shop in found.items)


async def moved(shop: Shop, status: ShopStatus, reason: str | None = None, actor: Actor = SYSTEM) -> Shop:
    change = ShopStatusChange(status=status, reason=reason)
    return await shops.change_shop_status(actor, shop.app_id, str(shop.id), change)


async def a_shop_that_is(status: ShopStatus, app_id: str) -> Shop:
    shop = await a_shop(app_id, TEA, at=days_ago(3), name="Tea", email="hi@tea.example.com", owner="Ada")
    return shop if status is ShopStatus.ACTIVE else await moved(shop, status)


class TestReading:
    async def test_a_shop_is_found_by_its_id_and_by_its_domain(self) -> None:
        app, support = await an_app(), await an_actor(Role.SUPPORT)
        shop = await a_shop(app.id, TEA)
        for name in (str(shop.id), TEA, TEA.upper()):
            assert (await shops.get_shop(support, app.id, name)).id == shop.id

    async def test_lists_filter(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        await a_shop(app.id, "a.myshopify.com", at=days_ago(9), country="GB", email="Ann@x.example.com", plan="pro")
        await a_shop(app.id, "b.myshopify.com", at=days_ago(5), country="DE", name="Big (Tea)", isTest=True)
        await a_shop(app.id, "c.myshopify.com", at=days_ago(1), country="GB", owner="Clara")
        await an_event(app.id, "app-uninstalled", "c.myshopify.com")
        assert await listed(app.id) == "abc"
        assert await listed(app.id, status="uninstalled") == "c"
        assert await listed(app.id, country="GB") == "ac"
        assert await listed(app.id, plan="pro") == "a"
        assert await listed(app.id, isTest=True) == "b"
        assert await listed(app.id, installedFrom=days_ago(6), installedTo=days_ago(2)) == "b"
        assert [await listed(app.id, search=text) for text in ("ANN@", "(tea)", "clara", "b.my", ".*")] == [
            "a", "b", "c", "b", "",
        ]  # fmt: skip

    async def test_a_cancelled_plan_is_not_used(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        await a_shop(app.id, TEA, at=days_ago(2), plan="pro")
        await an_event(app.id, "plan-changed", TEA, plan="pro", status="CANCELLED")
        assert await listed(app.id, plan="pro") == ""

    @pytest.mark.parametrize(
        ("key", "order"), [("createdAt", "cab"), ("installedAt", "bac"), ("name", "bca"), ("domain", "abc")]
    )
    async def test_lists_are_sorted(self, key: str, order: str) -> None:
        app = await an_app()
        for letter, name, days in (("c", "middle", 1), ("a", "Zebra", 5), ("b", "apple", 9)):
            await a_shop(app.id, f"{letter}.myshopify.com", at=days_ago(days), name=name)
        assert await listed(app.id, ShopSortKey(key)) == order

    async def test_statistics_count_active_shops_by_the_plan_that_they_use(self) -> None:
        app = await an_app()
        for handle in ("basic", "pro"):
            await a_plan(app.id, handle)
        for number, plan in enumerate(["pro", "pro", "basic", None]):
            await a_shop(app.id, f"shop-{number}.myshopify.com", at=days_ago(2), plan=plan)
        await an_event(app.id, "app-uninstalled", "shop-0.myshopify.com")
        await moved(await a_shop(app.id, TEA, plan="pro"), ShopStatus.INACTIVE)
        await a_shop((await an_app()).id)
        stats = await shops.shop_stats(await an_actor(Role.VIEWER), app.id)
        assert stats == ShopStats(
            total=5, active=3, inactive=2, uninstalled=1, by_plan={"pro": 1, "basic": 1, "none": 1}
        )

    async def test_domains_come_in_order_page_by_page_and_by_cursor(self) -> None:
        app = await an_app()
        for letter in "cab":
            await a_shop(app.id, f"{letter}.myshopify.com")
        await an_event(app.id, "app-uninstalled", "a.myshopify.com")
        everything = ShopDomainFilter()
        page = await shops.list_shop_domains(SYSTEM, app.id, Page(2, 2), everything)
        assert ([shop.domain for shop in page.items], await page.count()) == (["c.myshopify.com"], 3)
        first = await shops.list_shop_domains(SYSTEM, app.id, Range(1), everything)
        rest = await shops.list_shop_domains(SYSTEM, app.id, Range(9, first.cursor_of(first.items[0])), everything)
        assert [shop.domain for shop in rest.items] == ["b.myshopify.com", "c.myshopify.com"]
        active = await shops.list_shop_domains(SYSTEM, app.id, Page(), ShopDomainFilter(status=ShopStatus.ACTIVE))
        assert [shop.domain[0] for shop in active.items] == ["b", "c"]


class TestUpdating:
    async def test_changes_what_is_sent_and_leaves_the_rest(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, TEA, name="Tea", owner="Ada", country="GB")
        changed = await shops.update_shop(
            await an_actor(Role.ADMIN), app.id, str(shop.id), update(name="Tea & Cakes", owner=None)
        )
        assert (changed.name, changed.owner, changed.country) == ("Tea & Cakes", None, "GB")
        assert (changed.version, changed.updated_at > shop.updated_at) == (shop.version + 1, True)

    async def test_the_new_name_is_found_and_sorted_by(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, TEA, name="Old")
        changed = await shops.update_shop(SYSTEM, app.id, str(shop.id), update(name="NEW"))
        assert (changed.name_key, await listed(app.id, search="new"), await listed(app.id, search="old")) == (
            "new", "t", "",
        )  # fmt: skip

    async def test_settings_are_merged_key_by_key(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, TEA)
        for settings in ({"tone": "formal", "size": {"w": 1, "h": 2}}, {"tone": None, "size": {"w": 3}, "on": True}):
            shop = await shops.update_shop(SYSTEM, app.id, TEA, update(settings=settings))
        assert shop.settings == {"size": {"w": 3}, "on": True}

    async def test_updates_at_the_same_time_are_all_kept(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        changes = [shops.update_shop(SYSTEM, app.id, TEA, update(settings={f"key{n}": n})) for n in range(20)]
        await asyncio.gather(*changes)
        assert len((await shops.get_shop(SYSTEM, app.id, TEA)).settings) == 20


class TestStatus:
    async def test_a_change_is_told_with_its_reason(self) -> None:
        app, admin = await an_app(), await an_actor(Role.ADMIN)
        shop = await moved(await a_shop_that_is(ShopStatus.ACTIVE, app.id), ShopStatus.INACTIVE, "On holiday", admin)
        told = shop.history[-1]
        assert (shop.status, told.before, told.after, told.reason, told.by) == (
            ShopStatus.INACTIVE, "active", "inactive", "On holiday", admin.label,
        )  # fmt: skip

    async def test_uninstalling_by_hand_cancels_and_reviving_keeps_the_row(self) -> None:
        app = await an_app()
        await a_plan(app.id, "pro")
        shop = await moved(await a_shop(app.id, TEA, at=days_ago(1), plan="pro"), ShopStatus.UNINSTALLED)
        assert shop.subscription is not None
        assert shop.subscription.status is SubscriptionStatus.CANCELLED
        assert shop.uninstalled_at is not None
        back = await moved(shop, ShopStatus.ACTIVE)
        assert (back.id, back.status, back.uninstalled_at) == (shop.id, ShopStatus.ACTIVE, None)

    async def test_a_status_that_it_has_already_changes_nothing(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, TEA)
        assert (await moved(shop, ShopStatus.ACTIVE)).version == shop.version

    async def test_it_counts_more_than_an_event_from_a_clock_that_is_fast(self) -> None:
        app = await an_app()
        shop = await a_shop(app.id, TEA, at=days_ago(-3 / 1440))
        gone = await moved(shop, ShopStatus.UNINSTALLED)
        assert (gone.status, gone.history[-1].at > shop.history[-1].at) == (ShopStatus.UNINSTALLED, True)

    async def test_redacting_takes_away_what_is_personal(self) -> None:
        app = await an_app()
        shop = await moved(await a_shop_that_is(ShopStatus.ACTIVE, app.id), ShopStatus.INACTIVE, "Ada asked for it")
        await shops.update_shop(SYSTEM, app.id, TEA, update(settings={"greeting": "Hi Ada"}))
        gone = await moved(shop, ShopStatus.REDACTED, "Ada's request")
        assert (gone.name, gone.email, gone.owner, gone.settings) == ("", None, None, {})
        assert {change.reason for change in gone.history} == {None}
        assert "ada" not in gone.search_text
        assert [event.data for event in await AppEvent.find({"shopDomain": TEA}).to_list()] == [{}]

    async def test_a_late_event_brings_nothing_back_but_a_new_install_does(self) -> None:
        app = await an_app()
        await moved(await a_shop_that_is(ShopStatus.ACTIVE, app.id), ShopStatus.REDACTED)
        await an_event(app.id, "app-installed", TEA, at=days_ago(1), name="Tea")
        assert (await shops.get_shop(SYSTEM, app.id, TEA)).name == ""
        back = await a_shop(app.id, TEA, at=days_ago(-1 / 1440), name="Tea again")
        assert (back.status, back.name) == (ShopStatus.ACTIVE, "Tea again")


class TestWatching:
    async def test_each_change_is_told_as_it_is_afterwards(self) -> None:
        app, other = await an_app(), await an_app()
        watched = await shops.watch_shops(await an_actor(Role.VIEWER), app.id)
        first = asyncio.ensure_future(anext(aiter(watched)))
        await asyncio.sleep(0)  # it begins to listen
        await a_shop(other.id)
        shop = await a_shop(app.id, TEA, name="Tea")
        async with asyncio.timeout(5):
            assert (await first).name == "Tea"
            await moved(shop, ShopStatus.INACTIVE)
            assert (await anext(aiter(watched))).status is ShopStatus.INACTIVE


class TestWhoMay:
    async def test_nobody_sees_nothing(self) -> None:
        app = await an_app()
        with pytest.raises(Unauthenticated):
            await listed(app.id, actor=Actor.anonymous())
        with pytest.raises(Unauthenticated):
            await shops.watch_shops(Actor.anonymous(), app.id)

    async def test_a_key_reads_with_its_scope_and_writes_never(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        reader, writer = backend_of(app.id, Scope.SHOPS_READ), backend_of(app.id, Scope.EVENTS_WRITE)
        assert await listed(app.id, actor=reader) == "t"
        assert (await shops.shop_stats(reader, app.id)).total == 1
        with pytest.raises(Forbidden, match="shops:read"):
            await listed(app.id, actor=writer)
        with pytest.raises(Forbidden):
            await shops.update_shop(reader, app.id, TEA, update(name="X"))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_staff_read_and_only_admins_write(self, role: Role) -> None:
        app, actor = await an_app(), await an_actor(role)
        shop = await a_shop(app.id, TEA)
        assert await listed(app.id, actor=actor) == "t"
        with pytest.raises(Forbidden):
            await shops.update_shop(actor, app.id, TEA, update(name="X"))
        with pytest.raises(Forbidden):
            await moved(shop, ShopStatus.INACTIVE, actor=actor)


class TestOwnership:
    async def test_a_shop_is_found_in_its_own_app_only(self) -> None:
        app, other = await an_app(), await an_app()
        shop = await a_shop(app.id, TEA)
        for name in (str(shop.id), TEA):
            with pytest.raises(NotFound, match="Shop not found"):
                await shops.get_shop(SYSTEM, other.id, name)
        with pytest.raises(NotFound, match="Shop not found"):
            await shops.update_shop(SYSTEM, other.id, str(shop.id), update(name="X"))

    async def test_for_the_key_of_another_app_this_one_does_not_exist(self) -> None:
        app, stranger = await an_app(), backend_of((await an_app()).id)
        await a_shop(app.id, TEA)
        with pytest.raises(NotFound, match="Unknown app"):
            await listed(app.id, actor=stranger)
        with pytest.raises(NotFound, match="Unknown app"):
            await shops.watch_shops(stranger, app.id)


class TestValidation:
    @pytest.mark.parametrize(
        ("status", "wanted"),
        [
            (ShopStatus.UNINSTALLED, ShopStatus.INACTIVE),
            (ShopStatus.REDACTED, ShopStatus.ACTIVE),
            (ShopStatus.REDACTED, ShopStatus.INACTIVE),
            (ShopStatus.REDACTED, ShopStatus.UNINSTALLED),
        ],
    )
    async def test_some_ways_are_closed(self, status: ShopStatus, wanted: ShopStatus) -> None:
        shop = await a_shop_that_is(status, (await an_app()).id)
        with pytest.raises(InvalidInput, match=f"{status} can't become {wanted}") as refused:
            await moved(shop, wanted)
        assert refused.value.field == "status"

    async def test_a_redacted_shop_stays_empty(self) -> None:
        app = await an_app()
        await a_shop_that_is(ShopStatus.REDACTED, app.id)
        with pytest.raises(InvalidInput, match="redacted"):
            await shops.update_shop(SYSTEM, app.id, TEA, update(name="Tea"))

    async def test_settings_do_not_grow_for_ever(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        await shops.update_shop(SYSTEM, app.id, TEA, update(settings={f"a{n}": n for n in range(MOST_SETTINGS)}))
        with pytest.raises(InvalidInput) as refused:
            await shops.update_shop(SYSTEM, app.id, TEA, update(settings={"one": "more"}))
        assert refused.value.field == "settings"

    async def test_settings_that_are_merged_again_and_again_stay_far_from_the_limit_of_a_document(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        large = ["x" * 9_000] * 10
        await shops.update_shop(SYSTEM, app.id, TEA, update(settings={"a": large}))
        with pytest.raises(InvalidInput, match="100,000 bytes") as refused:
            await shops.update_shop(SYSTEM, app.id, TEA, update(settings={"b": large}))
        assert refused.value.field == "settings"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": None},
            {"email": "nobody"},
            {"country": "gb"},
            {"currency": "pounds"},
            {"locale": "?"},
            {"settings": {"a.b": 1}},
            {"settings": None},
            {"domain": "other.myshopify.com"},
            {"status": "active"},
        ],
    )
    def test_updates_are_checked(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as error:
            update(**wrong)
        assert error.value.errors()[0]["loc"][0] == next(iter(wrong))


class TestMissing:
    @pytest.mark.parametrize("name", ["0" * 24, "nobody.myshopify.com", '{"$ne": null}'])
    async def test_an_unknown_shop_is_not_found(self, name: str) -> None:
        app = await an_app()
        with pytest.raises(NotFound, match="Shop not found"):
            await shops.get_shop(SYSTEM, app.id, name)
        with pytest.raises(NotFound, match="Shop not found"):
            await shops.change_shop_status(SYSTEM, app.id, name, ShopStatusChange(status=ShopStatus.ACTIVE))

    async def test_an_unknown_app_has_no_shops(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await shops.shop_stats(SYSTEM, "nowhere")
