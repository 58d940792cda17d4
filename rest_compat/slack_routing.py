"""Slack routing, over REST."""

from typing import Annotated

from fastapi import Path, Query

from models.slack_routing import SlackTopic
from resolvers import slack_routing
from resolvers.slack_routing import SlackRuleCreate, SlackRuleFilter, SlackRuleSortKey, SlackRuleUpdate
from rest_compat.edge import CurrentActor, DataMessage, Listing, Message, Moment, Paged, StoredWire, page_of

SlackRuleId = Annotated[str, Path(alias="id")]


class SlackRuleWire(StoredWire):
    """`webhookUrl` is masked."""

    app_id: str | None
    topic: SlackTopic
    channel: str
    webhook_url: str
    active: bool
    problem: str | None
    problem_at: Moment | None
    last_posted_at: Moment | None


class SlackRuleListing(Listing, SlackRuleFilter):
    sort_keys = SlackRuleSortKey


async def list_slack_rules(actor: CurrentActor, query: Annotated[SlackRuleListing, Query()]) -> Paged[SlackRuleWire]:
    """Which news goes to which channel."""
    found = await slack_routing.list_slack_rules(actor, query.window, query, query.order)
    return await page_of(SlackRuleWire, found, query.window)


async def create_slack_rule(actor: CurrentActor, body: SlackRuleCreate) -> DataMessage[SlackRuleWire]:
    """Send the news of a topic to a channel."""
    rule = await slack_routing.create_slack_rule(actor, body)
    return DataMessage(data=SlackRuleWire.of(rule), message="Slack rule created")


async def update_slack_rule(
    actor: CurrentActor, rule_id: SlackRuleId, body: SlackRuleUpdate
) -> DataMessage[SlackRuleWire]:
    """Change what is sent, leave the rest."""
    rule = await slack_routing.update_slack_rule(actor, rule_id, body)
    return DataMessage(data=SlackRuleWire.of(rule), message="Slack rule updated")


async def delete_slack_rule(actor: CurrentActor, rule_id: SlackRuleId) -> Message:
    """Delete a rule."""
    await slack_routing.delete_slack_rule(actor, rule_id)
    return Message(message="Slack rule deleted")
