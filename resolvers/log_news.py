"""What Slack is told of errors: those that were never seen before, and those that were thought to be resolved."""

from collections.abc import Collection
from typing import Final

from core.actor import Actor
from models.log_tallies import ErrorGroup, ErrorGroupStatus
from models.slack_routing import SlackTopic
from resolvers.slack_messages import tell_slack

TELLER: Final = Actor.system("logs")
MOST: Final = 5
"""That are told of one batch: of an app that falls apart, the first few say enough."""


async def tell_of_errors(app_id: str, *, new: Collection[str], regressed: Collection[str]) -> None:
    """Each once. `new` and `regressed` are ids of groups."""
    if not new and not regressed:
        return
    ids = [*regressed, *new][:MOST]
    for group in await ErrorGroup.find({"_id": {"$in": ids}, "status": ErrorGroupStatus.OPEN.value}).to_list():
        again = group.id in regressed
        where = f" in {group.culprit or group.module}"
        text = f"{'An error that was resolved happens again' if again else 'A new error'}: {group.title}{where}"
        await tell_slack(TELLER, SlackTopic.ALERTS, app_id, text, key=f"error:{group.id}:{group.regressions}")
