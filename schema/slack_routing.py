"""Slack routing, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import slack_routing as stored
from models.slack_routing import SlackTopic
from resolvers import slack_posting, slack_routing
from resolvers.slack_routing import SlackRuleCreate, SlackRuleFilter, SlackRuleSortKey, SlackRuleUpdate
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

strawberry.enum(SlackTopic)
strawberry.enum(SlackRuleSortKey)


@strawberry.type(description="Sends the news of a topic, of one app or of all, to a Slack channel.")
class SlackRule:
    id: ID
    app_id: ID | None = strawberry.field(description="Null means all apps.")
    topic: SlackTopic
    channel: str = strawberry.field(description="As people call it; the webhook decides where messages appear.")
    webhook_url: str = strawberry.field(description="Masked: nobody gets to see it again.")
    active: bool
    problem: str | None = strawberry.field(description="Why Slack did not take the last message.")
    problem_at: datetime | None
    last_posted_at: datetime | None
    created_at: datetime
    updated_at: datetime

    app: App | None = loaded(stored.SlackRule, Loaders.apps, lambda one: one.app_id)


def slack_rule(document: stored.SlackRule) -> SlackRule:
    """The document has all that the type shows."""
    return cast(SlackRule, document)


@strawberry.input(description="Without `appId` it is for all apps.")
class SlackRuleCreateInput:
    app_id: Maybe[str | None]
    topic: SlackTopic
    channel: str
    webhook_url: str
    active: Maybe[bool]


@strawberry.input
class SlackRuleUpdateInput:
    app_id: Maybe[str | None]
    topic: Maybe[SlackTopic]
    channel: Maybe[str]
    webhook_url: Maybe[str]
    active: Maybe[bool]


@strawberry.input
class SlackRuleFilterInput:
    app_id: Maybe[str | None]
    topic: Maybe[SlackTopic | None]
    active: Maybe[bool | None]
    search: Maybe[str | None]


@strawberry.type
class SlackRulePayload:
    slack_rule: SlackRule | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SlackRuleDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class SlackRoutingQueries:
    @query(slack_routing.get_slack_rule)
    async def slack_rule(self, info: Info, id: ID) -> SlackRule:
        return slack_rule(await slack_routing.get_slack_rule(info.context.actor, id))

    @query(slack_routing.list_slack_rules)
    async def slack_rules(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: SlackRuleFilterInput | None = None,
        sort_key: SlackRuleSortKey = SlackRuleSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[SlackRule]:
        window = Range.of(first, after, last, before)
        filters = parse(SlackRuleFilter, filter)
        sort = sort_key.order(descending=reverse)
        return Connection.of(await slack_routing.list_slack_rules(info.context.actor, window, filters, sort))


@strawberry.type
class SlackRoutingMutations:
    @mutation(slack_routing.create_slack_rule)
    async def slack_rule_create(self, info: Info, input: SlackRuleCreateInput) -> SlackRulePayload:
        data = parse(SlackRuleCreate, input)
        return SlackRulePayload(slack_rule=slack_rule(await slack_routing.create_slack_rule(info.context.actor, data)))

    @mutation(slack_routing.update_slack_rule)
    async def slack_rule_update(self, info: Info, id: ID, input: SlackRuleUpdateInput) -> SlackRulePayload:
        data = parse(SlackRuleUpdate, input)
        rule = await slack_routing.update_slack_rule(info.context.actor, id, data)
        return SlackRulePayload(slack_rule=slack_rule(rule))

    @mutation(slack_routing.delete_slack_rule)
    async def slack_rule_delete(self, info: Info, id: ID) -> SlackRuleDeletePayload:
        deleted = await slack_routing.delete_slack_rule(info.context.actor, id)
        return SlackRuleDeletePayload(deleted_id=ID(str(deleted.id)))

    @mutation(slack_posting.try_slack_rule)
    async def slack_rule_test(self, info: Info, id: ID) -> SlackRulePayload:
        return SlackRulePayload(slack_rule=slack_rule(await slack_posting.try_slack_rule(info.context.actor, id)))
