"""What the apps of the demonstration company logged."""

from collections import Counter

import pytest

from core import clock
from models.log_tallies import ErrorGroup
from models.logs import LogEntry
from models.slack_messages import SlackMessage
from resolvers.error_groups import revenue_exposed
from seed.catalog import APPS
from seed.logs import DAYS, TROUBLES
from tests.factories.logs import assert_counts_are_right

pytestmark = pytest.mark.usefixtures("demonstration")


async def test_thirty_days_with_errors_that_touch_paying_shops() -> None:
    entries = await LogEntry.find_all().to_list()
    by_app = Counter(entry.app_id for entry in entries)
    assert by_app.keys() == {app.id for app in APPS}
    assert min(by_app.values()) > 20 * DAYS
    assert all(entry.created_at <= clock.now() for entry in entries)
    groups = await ErrorGroup.find_all().to_list()
    assert {group.type for group in groups} == {trouble.type for trouble in TROUBLES}
    assert Counter(group.status.value for group in groups) == {"open": 4, "resolved": 1, "ignored": 1}
    assert [group.type for group in groups if group.regressions] == ["ConnectionError"]
    exposed = await revenue_exposed([(group.id, group.app_id) for group in groups])
    assert all(sum(exposed[group.id].values()) > 0 for group in groups)
    await assert_counts_are_right()
    assert await SlackMessage.count() == 0
