"""What the apps cost."""

import asyncio
from decimal import Decimal

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page, Range
from core.scopes import Scope
from models.plans import Interval, Plan
from models.shops import ENDED, Shop, SubscriptionStatus
from resolvers import plans
from resolvers.plans import PlanCreate, PlanFilter, PlanSortKey, PlanUpdate
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.plans import a_plan, a_shop_on

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
PRO = {"handle": "pro_monthly", "name": "Pro", "price": "40.50", "trialDays": 14, "features": ["No watermark"]}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


@pytest.fixture
def knows_decimals(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--mongo") == "memory":
        pytest.skip("mongomock can't compare decimals")


def new(**fields: object) -> PlanCreate:
    return PlanCreate.model_validate(PRO | fields)


def update(**fields: object) -> PlanUpdate:
    return PlanUpdate.model_validate(fields)


async def listed(actor: Actor, key: PlanSortKey = PlanSortKey.NAME, **filters: object) -> list[str]:
    found = await plans.list_plans(actor, APP, Page(), PlanFilter.model_validate(filters), key.order())
    return [plan.handle for plan in found.items]


class TestWorks:
    async def test_a_created_plan_is_found_by_its_id_and_by_its_handle(self) -> None:
        owner = await an_actor()
        created = await plans.create_plan(owner, APP, new())
        for identity in (str(created.id), "pro_monthly"):
            found = await plans.get_plan(owner, APP, identity)
            assert (found.id, found.price, found.currency) == (created.id, Decimal("40.50"), "USD")
        assert (found.interval, found.trial_days, found.is_active) == (Interval.EVERY_30_DAYS, 14, True)

    async def test_lists_filter_by_activity_interval_and_text(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await a_plan(APP, "free", name="Free of charge")
        await a_plan(APP, "pro_yearly", name="Pro", interval=Interval.ANNUAL)
        await a_plan(APP, "old", name="Retired", is_active=False)
        assert await listed(viewer) == ["free", "pro_yearly", "old"]
        assert await listed(viewer, isActive=False) == ["old"]
        assert await listed(viewer, interval="ANNUAL") == ["pro_yearly"]
        assert await listed(viewer, search="OF CHARGE") == ["free"]
        assert await listed(viewer, search="yearly") == ["pro_yearly"]
        assert await listed(viewer, search=".*") == []

    @pytest.mark.usefixtures("knows_decimals")
    async def test_lists_are_sorted_by_price_as_a_number_and_go_on_after_a_cursor(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        for handle, price in (("a", "100"), ("b", "9.50"), ("c", "20"), ("d", "9.5")):
            await a_plan(APP, handle, price=price)
        assert await listed(viewer, PlanSortKey.PRICE) == ["b", "d", "c", "a"]
        walked, window = [], Range(limit=1)
        while True:
            found = await plans.list_plans(viewer, APP, window, PlanFilter(), PlanSortKey.PRICE.order())
            walked += [plan.handle for plan in found.items]
            if not found.has_next:
                break
            window = Range(limit=1, after=found.cursor_of(found.items[-1]))
        assert walked == ["b", "d", "c", "a"]

    async def test_statistics_count_every_interval(self) -> None:
        await a_plan(APP, interval=Interval.ANNUAL)
        await a_plan(APP, interval=Interval.ANNUAL, is_active=False)
        await a_plan(APP, interval=Interval.ONE_TIME)
        stats = await plans.plan_stats(await an_actor(Role.VIEWER), APP)
        assert (stats.total, stats.active, stats.inactive) == (3, 2, 1)
        assert stats.by_interval == {Interval.EVERY_30_DAYS: 0, Interval.ANNUAL: 2, Interval.ONE_TIME: 1}

    async def test_an_app_without_plans_has_statistics_too(self) -> None:
        stats = await plans.plan_stats(await an_actor(), APP)
        assert (stats.total, stats.active, stats.inactive) == (0, 0, 0)
        assert stats.by_interval == dict.fromkeys(Interval, 0)

    async def test_features_are_listed_once_in_order(self) -> None:
        await a_plan(APP, features=["No watermark", "Analytics"])
        await a_plan(APP, features=["Support", "No watermark"], is_active=False)
        assert await plans.plan_features(await an_actor(), APP) == ["Analytics", "No watermark", "Support"]

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP, "pro", features=["Support"])
        outcome = await plans.update_plan(owner, APP, "pro", update(price=45, name="Professional"))
        assert (outcome.plan.price, outcome.plan.name, outcome.plan.features) == (
            Decimal(45),
            "Professional",
            ["Support"],
        )
        assert (outcome.plan.id, outcome.message) == (plan.id, "Plan updated")
        assert await listed(owner, search="professional") == ["pro"]

    async def test_toggling_switches_off_and_on(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP)
        assert not (await plans.toggle_plan(owner, APP, str(plan.id))).is_active
        assert (await plans.toggle_plan(owner, APP, str(plan.id))).is_active

    async def test_every_one_of_parallel_toggles_counts(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP)
        await asyncio.gather(*(plans.toggle_plan(owner, APP, str(plan.id)) for _ in range(7)))
        assert not (await plans.get_plan(owner, APP, str(plan.id))).is_active


class TestShopsThatUseAPlan:
    async def test_keep_the_old_price_and_the_message_says_so(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP, price="40")
        shop = await a_shop_on(plan)
        outcome = await plans.update_plan(owner, APP, str(plan.id), update(price="45"))
        assert outcome.message == "Plan updated; the old price stays for 1 shop"
        kept = await Shop.get(shop.id)
        assert kept is not None
        assert kept.subscription is not None
        assert kept.subscription.price == Decimal(40)

    @pytest.mark.usefixtures("knows_decimals")
    async def test_are_not_mentioned_where_their_price_stays_the_plan_s(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP, price="40")
        await a_shop_on(plan)
        for same in (update(name="Pro plus"), update(price="40.00")):
            assert (await plans.update_plan(owner, APP, str(plan.id), same)).message == "Plan updated"

    async def test_keep_the_plan_from_being_deleted(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP)
        await a_shop_on(plan)
        await a_shop_on(plan, SubscriptionStatus.FROZEN)
        outcome = await plans.delete_plan(owner, APP, str(plan.id))
        assert not outcome.is_deleted
        assert outcome.message == "Plan deactivated, not deleted: it is in use by 2 shops"
        assert not (await plans.get_plan(owner, APP, str(plan.id))).is_active

    @pytest.mark.parametrize("ended", sorted(ENDED))
    async def test_do_not_count_once_their_subscription_has_ended(self, ended: SubscriptionStatus) -> None:
        owner, plan = await an_actor(), await a_plan(APP)
        await a_shop_on(plan, ended)
        outcome = await plans.delete_plan(owner, APP, str(plan.id))
        assert (outcome.is_deleted, outcome.message) == (True, "Plan deleted")

    async def test_are_counted_per_plan(self) -> None:
        popular, unpopular = await a_plan(APP), await a_plan(APP)
        await a_shop_on(popular)
        await a_shop_on(popular, SubscriptionStatus.PENDING)
        await a_shop_on(unpopular, SubscriptionStatus.CANCELLED)
        counts = await plans.count_shops([(plan.app_id, plan.id) for plan in (popular, unpopular)])
        assert (counts[popular.id], counts[unpopular.id]) == (2, 0)


class TestWhoMay:
    async def test_nobody_sees_nothing(self) -> None:
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous())

    async def test_the_app_s_backend_reads_with_the_scope(self) -> None:
        await a_plan(APP, "pro")
        assert await listed(backend_of(APP, Scope.PLANS_READ)) == ["pro"]
        with pytest.raises(Forbidden, match="plans:read"):
            await listed(backend_of(APP, Scope.EVENTS_WRITE))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.MARKETING, Role.VIEWER])
    async def test_only_admins_write(self, role: Role) -> None:
        await self._refused(await an_actor(role))

    async def test_a_backend_writes_nothing(self) -> None:
        await self._refused(backend_of(APP))

    async def _refused(self, actor: Actor) -> None:
        plan = await a_plan(APP)
        for attempt in (
            plans.create_plan(actor, APP, new()),
            plans.update_plan(actor, APP, str(plan.id), update(price=1)),
            plans.toggle_plan(actor, APP, str(plan.id)),
            plans.delete_plan(actor, APP, str(plan.id)),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestOwnership:
    async def test_another_app_s_plan_does_not_exist(self) -> None:
        owner, app = await an_actor(), await an_app()
        plan = await a_plan(app.id, "pro")
        assert await listed(owner) == []
        for identity in (str(plan.id), "pro"):
            for attempt in (
                plans.get_plan(owner, APP, identity),
                plans.update_plan(owner, APP, identity, update(price=1)),
                plans.toggle_plan(owner, APP, identity),
                plans.delete_plan(owner, APP, identity),
            ):
                with pytest.raises(NotFound, match="Plan not found"):
                    await attempt

    async def test_another_app_does_not_exist_for_a_backend(self) -> None:
        other = await an_app()
        backend, plan = backend_of(other.id), await a_plan(APP)
        for attempt in (
            listed(backend),
            plans.plan_stats(backend, APP),
            plans.plan_features(backend, APP),
            plans.get_plan(backend, APP, str(plan.id)),
        ):
            with pytest.raises(NotFound, match="Unknown app"):
                await attempt

    async def test_two_apps_may_use_the_same_handle(self) -> None:
        owner, other = await an_actor(), await an_app()
        await plans.create_plan(owner, APP, new())
        await plans.create_plan(owner, other.id, new())
        assert await Plan.find({"handle": "pro_monthly"}).count() == 2


class TestValidation:
    async def test_a_handle_is_unique_within_the_app(self) -> None:
        owner = await an_actor()
        await plans.create_plan(owner, APP, new())
        with pytest.raises(Conflict, match="pro_monthly") as conflict:
            await plans.create_plan(owner, APP, new())
        assert conflict.value.field == "handle"

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"handle": "a" * 24}, "handle"),
            ({"handle": "Pro Monthly"}, "handle"),
            ({"handle": ""}, "handle"),
            ({"name": " "}, "name"),
            ({"price": -1}, "price"),
            ({"price": "1.005"}, "price"),
            ({"price": "NaN"}, "price"),
            ({"price": "1e12"}, "price"),
            ({"price": None}, "price"),
            ({"currency": "usd"}, "currency"),
            ({"interval": "WEEKLY"}, "interval"),
            ({"trialDays": 366}, "trialDays"),
            ({"trialDays": -1}, "trialDays"),
            ({"features": [""]}, "features.0"),
            ({"features": ["x"] * 101}, "features"),
            ({"appId": "other"}, "appId"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            new(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    @pytest.mark.parametrize("name", ["handle", "id", "createdAt"])
    def test_what_never_changes_can_t_be_sent(self, name: str) -> None:
        with pytest.raises(ValidationError, match="not permitted"):
            update(**{name: "other"})


class TestMissing:
    async def test_an_unknown_app_is_not_found(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await plans.create_plan(await an_actor(), "nowhere", new())

    @pytest.mark.parametrize("identity", ["0" * 24, "nonsense", '{"$ne": null}', "0" * 24 + "\n", ""])
    async def test_an_unknown_plan_is_not_found(self, identity: str) -> None:
        with pytest.raises(NotFound):
            await plans.get_plan(await an_actor(), APP, identity)

    async def test_deleting_twice_is_not_found(self) -> None:
        owner, plan = await an_actor(), await a_plan(APP)
        await plans.delete_plan(owner, APP, str(plan.id))
        with pytest.raises(NotFound):
            await plans.delete_plan(owner, APP, str(plan.id))
