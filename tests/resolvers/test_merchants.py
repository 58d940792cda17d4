"""Merchants: the same shop in all the apps."""

from decimal import Decimal

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, NotFound, Unauthenticated
from core.pages import Cursor, Range
from models.plans import Interval
from resolvers.merchants import MerchantFilter, get_merchant, list_merchants
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop, an_event, days_ago

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM = Actor.system("tests")
TEA = "tea.myshopify.com"


async def listed(search: str | None = None, **window: object) -> str:
    """The first letters of the domains."""
    found = await list_merchants(SYSTEM, Range(**window), MerchantFilter(search=search))  # type: ignore[arg-type]
    return "".join(merchant.domain[0] for merchant in found.items)


def at(letter: str) -> Cursor:
    domain = f"{letter}.myshopify.com"
    return Cursor(domain, domain)


class TestOne:
    async def test_has_its_shops_in_all_apps_with_what_they_know_of_it(self) -> None:
        one, two = await an_app(), await an_app()
        await a_shop(one.id, TEA, at=days_ago(9), name="Old name", owner="Ada")
        await a_shop(two.id, TEA, at=days_ago(2), name="Tea")
        await a_shop(one.id)
        merchant = await get_merchant(await an_actor(Role.VIEWER), TEA.upper())
        assert [shop.app_id for shop in merchant.shops] == [two.id, one.id]
        assert (merchant.domain, merchant.name, merchant.owner, merchant.email) == (TEA, "Tea", "Ada", None)

    async def test_its_history_goes_through_all_apps_newest_first(self) -> None:
        one, two = await an_app(), await an_app()
        first = await a_shop(one.id, TEA, at=days_ago(9))
        await a_shop(two.id, TEA, at=days_ago(5))
        await an_event(one.id, "app-uninstalled", TEA, at=days_ago(1))
        merchant = await get_merchant(SYSTEM, TEA)
        assert [(told.shop.app_id, told.change.kind.value) for told in merchant.history] == [
            (one.id, "uninstalled"),
            (two.id, "installed"),
            (one.id, "installed"),
        ]
        assert (merchant.installed_app_ids, merchant.first_seen) == ([two.id], first.installed_at)

    async def test_its_revenue_is_monthly_and_by_currency(self) -> None:
        apps = [await an_app() for _ in range(4)]
        for app, currency, price in zip(apps, ("USD", "USD", "EUR", "USD"), ("120", "7.50", "9", "5"), strict=True):
            plan = await a_plan(app.id, "pro", price=price, interval=Interval.EVERY_30_DAYS)
            await plan.set({"currency": currency})
        await a_plan(apps[0].id, "year", price="120", interval=Interval.ANNUAL)
        for app, plan_handle in zip(apps, ("year", "pro", "pro", "pro"), strict=True):
            await a_shop(app.id, TEA, at=days_ago(3), plan=plan_handle)
        await an_event(apps[3].id, "plan-changed", TEA, plan="pro", status="FROZEN")
        revenue = (await get_merchant(SYSTEM, TEA)).monthly_revenue(clock.now())
        assert revenue == {"USD": Decimal("17.50"), "EUR": Decimal(9)}


class TestMany:
    async def test_come_once_each_in_the_order_of_their_domains(self) -> None:
        apps = [await an_app(), await an_app()]
        for domain, app in (("b", apps[0]), ("c", apps[1]), ("a", apps[1]), ("b", apps[1])):
            await a_shop(app.id, f"{domain}.myshopify.com", owner="Clara" if domain == "c" else None)
        assert await listed() == "abc"
        assert await listed(search="CLARA") == "c"
        assert (await list_merchants(SYSTEM, Range(1), MerchantFilter())).items[0].domain[0] == "a"

    async def test_are_walked_in_both_directions(self) -> None:
        apps = [await an_app(), await an_app()]
        for letter, app in [(letter, app) for letter in "abcde" for app in apps]:
            await a_shop(app.id, f"{letter}.myshopify.com")
        assert await listed(limit=2, after=at("b")) == "cd"
        assert await listed(limit=2, before=at("d"), backward=True) == "bc"
        first = await list_merchants(SYSTEM, Range(2), MerchantFilter())
        last = await list_merchants(SYSTEM, Range(9, at("d")), MerchantFilter())
        assert (first.has_next, first.has_previous, await first.count()) == (True, False, 5)
        assert (last.has_next, last.has_previous) == (False, True)
        assert first.cursor_of(first.items[1]) == at("b")

    async def test_none_are_none(self) -> None:
        found = await list_merchants(SYSTEM, Range(), MerchantFilter())
        assert (list(found.items), await found.count()) == ([], 0)


class TestWhoMay:
    async def test_staff_alone(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        with pytest.raises(Unauthenticated):
            await get_merchant(Actor.anonymous(), TEA)
        with pytest.raises(Forbidden):
            await get_merchant(backend_of(app.id), TEA)
        with pytest.raises(Forbidden):
            await list_merchants(backend_of(app.id), Range(), MerchantFilter())


class TestMissing:
    async def test_a_domain_that_no_app_knows_is_not_found(self) -> None:
        with pytest.raises(NotFound, match="Merchant not found"):
            await get_merchant(SYSTEM, "nobody.myshopify.com")
