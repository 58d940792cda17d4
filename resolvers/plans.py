"""What the apps cost. Shops keep the price that they subscribed at, and the plan itself while they use it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from bson import Decimal128
from pydantic import AfterValidator, Field
from pymongo.errors import DuplicateKeyError

from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, NotFound, found
from core.ids import Handle, object_id
from core.inputs import OMITTED, Amount, Currency, Input, LongText, Name, Search, ShortText
from core.mongo import Filter, containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.scopes import Scope
from models.base import touched
from models.plans import Interval, Plan
from models.shops import ENDED, Shop
from resolvers.apps import visible_app

LONGEST_TRIAL: Final = 365
"""Days."""


def _unlike_an_id(handle: str) -> str:
    """A plan is found by its id or its handle, so that the one must not look like the other."""
    if object_id(handle):
        raise ValueError("must not be 24 hexadecimal digits: that is what ids look like")
    return handle


PlanHandle = Annotated[Handle, AfterValidator(_unlike_an_id)]
TrialDays = Annotated[int, Field(ge=0, le=LONGEST_TRIAL)]
Features = Annotated[list[Annotated[ShortText, Field(min_length=1)]], Field(max_length=100)]


class PlanCreate(Input):
    handle: PlanHandle
    name: Name
    description: LongText = ""
    price: Amount
    currency: Currency = "USD"
    interval: Interval = Interval.EVERY_30_DAYS
    trial_days: TrialDays = 0
    features: Features = Field(default_factory=list)
    is_active: bool = True


class PlanUpdate(Input):
    name: Name = OMITTED
    description: LongText = OMITTED
    price: Amount = OMITTED
    currency: Currency = OMITTED
    interval: Interval = OMITTED
    trial_days: TrialDays = OMITTED
    features: Features = OMITTED
    is_active: bool = OMITTED


class PlanFilter(Input):
    is_active: bool | None = None
    interval: Interval | None = None
    search: Search | None = None


class PlanSortKey(SortKey):
    CREATED_AT = "createdAt"
    PRICE = "price"
    NAME = "name", "nameKey"


@dataclass(frozen=True, slots=True)
class PlanStats:
    total: int
    active: int
    inactive: int
    by_interval: Mapping[Interval, int]


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What became of a plan, with a sentence that says what shops keep. A plan that is gone is shown as it was."""

    plan: Plan
    message: str
    is_deleted: bool = False


@allow(STAFF, api_key=Scope.PLANS_READ)
async def list_plans(actor: Actor, app_id: str, window: Window, filters: PlanFilter, sort: Sort) -> Slice[Plan]:
    """Plans of an app."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.interval is not None:
        query["interval"] = filters.interval.value
    if filters.search:
        text = containing(filters.search)
        query["$or"] = [{"nameKey": text}, {"handle": text}]
    return await slice_of(Plan, query, sort, window)


@allow(STAFF, api_key=Scope.PLANS_READ)
async def plan_stats(actor: Actor, app_id: str) -> PlanStats:
    """How many plans an app has, by activity and interval."""
    await visible_app(actor, app_id)
    group = {"$group": {"_id": {"isActive": "$isActive", "interval": "$interval"}, "plans": {"$sum": 1}}}
    by_activity: Counter[bool] = Counter()
    by_interval = Counter(dict.fromkeys(Interval, 0))
    for row in await Plan.aggregate([{"$match": {"appId": app_id}}, group]).to_list():
        by_activity[row["_id"]["isActive"]] += row["plans"]
        by_interval[Interval(row["_id"]["interval"])] += row["plans"]
    return PlanStats(by_activity.total(), by_activity[True], by_activity[False], by_interval)


@allow(STAFF, api_key=Scope.PLANS_READ)
async def plan_features(actor: Actor, app_id: str) -> list[str]:
    """Every feature that some plan of the app has, once, in alphabetical order."""
    await visible_app(actor, app_id)
    return sorted(await Plan.distinct("features", {"appId": app_id}))


@allow(STAFF, api_key=Scope.PLANS_READ)
async def get_plan(actor: Actor, app_id: str, plan_id: str) -> Plan:
    """One plan of an app, by its id or its handle."""
    await visible_app(actor, app_id)
    return found(await Plan.find_one(_named(app_id, plan_id)), "Plan")


@allow(ADMINS)
async def create_plan(actor: Actor, app_id: str, data: PlanCreate) -> Plan:
    """Adds a plan to an app. Its handle can't be changed later."""
    await visible_app(actor, app_id)
    plan = Plan(app_id=app_id, name_key=data.name.casefold(), **data.model_dump())
    try:
        return await plan.insert()
    except DuplicateKeyError:
        raise Conflict(f"The app has a plan {data.handle} already", "handle") from None


@allow(ADMINS)
async def update_plan(actor: Actor, app_id: str, plan_id: str, data: PlanUpdate) -> PlanOutcome:
    """Changes what is sent. Shops that use the plan keep what they subscribed at, which the message says."""
    await visible_app(actor, app_id)
    changes = data.assignments()
    if "name" in changes:
        changes["nameKey"] = data.name.casefold()
    plan = found(await Plan.change(_named(app_id, plan_id), touched(changes)), "Plan")
    keeping = await _shops_at_another_price(plan) if changes.keys() & {"price", "currency", "interval"} else 0
    return PlanOutcome(plan, f"Plan updated; the old price stays for {_shops(keeping)}" if keeping else "Plan updated")


@allow(ADMINS)
async def toggle_plan(actor: Actor, app_id: str, plan_id: str) -> Plan:
    """Switches a plan on or off for new subscriptions."""
    while True:
        plan = await get_plan(actor, app_id, plan_id)
        seen = {"_id": plan.id, "isActive": plan.is_active}
        if toggled := await Plan.change(seen, touched({"isActive": not plan.is_active})):
            return toggled


@allow(ADMINS)
async def delete_plan(actor: Actor, app_id: str, plan_id: str) -> PlanOutcome:
    """Deletes a plan; one that shops use is switched off instead, which the message says."""
    plan = await get_plan(actor, app_id, plan_id)
    using = await Shop.find(_in_use(app_id, [plan.id])).count()
    if using:
        kept = found(await Plan.change({"_id": plan.id}, touched({"isActive": False})), "Plan")
        return PlanOutcome(kept, f"Plan deactivated, not deleted: it is in use by {_shops(using)}")
    deleted = await Plan.find_one({"_id": plan.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Plan not found")
    return PlanOutcome(plan, "Plan deleted", is_deleted=True)


async def count_shops(plans: Sequence[tuple[str, PydanticObjectId]]) -> Counter[PydanticObjectId]:
    """How many shops use each of the plans, given as pairs of app id and plan id."""
    pipeline = [
        {"$match": _in_use({"$in": [app_id for app_id, _ in plans]}, [plan_id for _, plan_id in plans])},
        {"$group": {"_id": "$subscription.planId", "shops": {"$sum": 1}}},
    ]
    return Counter({row["_id"]: row["shops"] for row in await Shop.aggregate(pipeline).to_list()})


def _named(app_id: str, plan_id: str) -> Filter:
    identity = object_id(plan_id)
    return {"appId": app_id, "_id": identity} if identity else {"appId": app_id, "handle": plan_id}


def _in_use(app_id: str | Filter, plan_ids: Sequence[PydanticObjectId]) -> Filter:
    """The shops whose subscription to one of the plans has not ended."""
    ended = [status.value for status in ENDED]
    return {
        "appId": app_id,
        "subscription.planId": {"$in": list(plan_ids)},
        "subscription.status": {"$nin": ended},
    }


async def _shops_at_another_price(plan: Plan) -> int:
    differing = [
        {"subscription.price": {"$ne": Decimal128(plan.price)}},
        {"subscription.currency": {"$ne": plan.currency}},
        {"subscription.interval": {"$ne": plan.interval.value}},
    ]
    return await Shop.find({**_in_use(plan.app_id, [plan.id]), "$or": differing}).count()


def _shops(number: int) -> str:
    return "1 shop" if number == 1 else f"{number} shops"
