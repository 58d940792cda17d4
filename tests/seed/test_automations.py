"""The company's automations, and the shops that went through them."""

from datetime import timedelta
from random import Random

import pytest

from core import clock
from models.apps import App
from models.automation_trackers import AutomationTracker
from models.automations import AutomationConfig
from seed.automations import AUTOMATIONS, write_automations
from seed.catalog import APPS
from tests.factories.shops import a_shop, days_ago

pytestmark = pytest.mark.usefixtures("platform")


async def test_they_can_be_stored_and_shops_are_where_time_has_brought_them() -> None:
    for app in APPS:
        await App(id=app.id, name=app.name, name_key=app.id).insert()
    new = await a_shop(APPS[0].id, at=days_ago(1))
    old = await a_shop(APPS[0].id, at=days_ago(20))
    await write_automations(Random(1), [new, old], [], clock.now())
    assert await AutomationConfig.count() == len(APPS) * len(AUTOMATIONS)
    trackers = {one.shop_domain: one for one in await AutomationTracker.find().to_list()}
    assert trackers[old.domain].ended_at is not None
    waits = trackers[new.domain]
    assert waits.step_id is None or waits.due_at is None or waits.due_at > clock.now() + timedelta(days=1)
    kinds = [entry.kind for entry in trackers[old.domain].timeline]
    assert (kinds[0], kinds[-1]) == ("entered", "completed")
