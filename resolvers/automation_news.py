"""What happens elsewhere and an automation may listen to, stored durably before anything starts.

Whoever has news calls this; what follows is done by the workers, in `automation_events`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from beanie import PydanticObjectId
from bson import ObjectId

from core import clock
from core.mongo import insert_new_stored
from models.automation_trackers import AutomationEvent, AutomationTracker
from models.automations import AutomationConfig
from resolvers.automation_writes import wake

KEPT: Final = timedelta(days=90)
MOST_DATA: Final = 30
LONGEST_VALUE: Final = 500
NEWS_FOR: Final = timedelta(days=1)
"""What happened earlier was reported late, or for the record: nobody is written to because of it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """`key` names it among all: told twice, it counts once. `chain` are the automations that brought it about."""

    key: str
    app_id: str
    shop_domain: str
    name: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    chain: Sequence[ObjectId] = ()


async def announce(happenings: Sequence[Happening]) -> None:
    """Keeps what an automation listens to, for the workers. Whoever calls does so before it says that all is done that
    follows from what happened: then nothing is lost, and telling it again has no second effect."""
    now = clock.now()
    heard = await _heard([one for one in happenings if one.at > now - NEWS_FOR])
    if not heard:
        return
    stored = [
        AutomationEvent(
            id=one.key,
            app_id=one.app_id,
            shop_domain=one.shop_domain,
            name=one.name,
            at=one.at,
            data=_kept(one.data),
            chain=[PydanticObjectId(automation) for automation in one.chain],
            visible_at=now,
            created_at=now,
            expires_at=now + KEPT,
        ).model_dump(by_alias=True)
        for one in heard
    ]
    if any(await insert_new_stored(AutomationEvent, stored)):
        await wake()


async def listened_to(app_id: str, shop_domain: str, name: str) -> bool:
    """Whether some automation wants to know of such an event."""
    return bool(await _heard([Happening("", app_id, shop_domain, name, clock.now())]))


async def _heard(happenings: Sequence[Happening]) -> list[Happening]:
    """Those that some automation begins with, or some tracker waits for."""
    if not happenings:
        return []
    apps, names = [*{one.app_id for one in happenings}], [*{one.name for one in happenings}]
    begins = {"appId": {"$in": apps}, "trigger": {"$in": names}, "enabled": True}
    shown = {"appId": 1, "trigger": 1}
    rows = await AutomationConfig.get_pymongo_collection().find(begins, shown).to_list()
    triggers = {(row["appId"], row["trigger"]) for row in rows}
    domains = [*{one.shop_domain for one in happenings}]
    waits = {"appId": {"$in": apps}, "shopDomain": {"$in": domains}, "listensTo": {"$in": names}}
    shown = {"appId": 1, "shopDomain": 1, "listensTo": 1}
    trackers = await AutomationTracker.get_pymongo_collection().find(waits, shown).to_list()
    waiting = {(row["appId"], row["shopDomain"], name) for row in trackers for name in row["listensTo"]}
    return [
        one
        for one in happenings
        if (one.app_id, one.name) in triggers or (one.app_id, one.shop_domain, one.name) in waiting
    ]


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values alone, which is what conditions can ask about."""
    plain = {
        key: value[:LONGEST_VALUE] if isinstance(value, str) else value
        for key, value in data.items()
        if value is None or isinstance(value, str | int | float | bool)
    }
    return dict(list(plain.items())[:MOST_DATA])
