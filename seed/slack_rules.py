"""Rules of what the company tells Slack: all switched off, for the demonstration knows no channel to post to."""

from datetime import timedelta
from typing import Any, Final

from core import clock
from models.slack_routing import SlackTopic
from resolvers.slack_routing import SlackRuleCreate, create_slack_rule
from seed.catalog import APPS
from seed.histories import ACTOR

WEBHOOK: Final = "https://hooks.slack.com/services/T00000000/B00000000/"
RULES: Final[tuple[tuple[str | None, SlackTopic, str], ...]] = (
    (None, SlackTopic.INSTALLS, "#new-shops"),
    (None, SlackTopic.UNINSTALLS, "#new-shops"),
    (None, SlackTopic.BILLING, "#revenue"),
    (APPS[0].id, SlackTopic.TICKETS, "#support-banners"),
    (APPS[1].id, SlackTopic.TICKETS, "#support-reviews"),
    (None, SlackTopic.ALERTS, "#operations"),
    (None, SlackTopic.JOBS, "#operations"),
    (None, SlackTopic.WANTS, "#product"),
)
MOVED: Final = "#product"
PROBLEM: Final = "Slack answers 410 channel_is_archived: the webhook does not work any more"


async def write_slack_rules() -> None:
    """The channels of product were tidied up two weeks ago."""
    for app_id, topic, channel in RULES:
        secret = f"Demonstration{sum(map(ord, channel)):011}"
        sent: dict[str, Any] = {"appId": app_id, "topic": topic, "channel": channel, "webhookUrl": WEBHOOK + secret}
        rule = await create_slack_rule(ACTOR, SlackRuleCreate.model_validate(sent | {"active": False}))
        if channel == MOVED:
            await rule.set({"problem": PROBLEM, "problemAt": clock.now() - timedelta(days=14)})
