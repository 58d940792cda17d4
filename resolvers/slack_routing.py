"""Which news goes to which Slack channel. Webhook URLs are kept encrypted and shown to nobody: whoever has one can
post."""

import hashlib
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field
from pymongo.errors import DuplicateKeyError

from core.access import ADMINS, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, found
from core.ids import AppId, object_id
from core.inputs import OMITTED, Input, Search, Text
from core.mongo import containing, slice_of
from core.outgoing import Target, target_of
from core.pages import Slice, Sort, SortKey, Window
from core.runtime import runtime
from core.sealing import opened, sealed
from models.base import touched
from models.slack_routing import SlackRule, SlackTopic
from resolvers.apps import visible_app

PURPOSE: Final = "slack-webhooks"
LONGEST_WEBHOOK: Final = 500
SHOWN_OF_A_SECRET: Final = 4
SHORTEST_SECRET: Final = 16
"""Of one that is shorter, nothing is shown."""
CHANNEL: Final = re.compile(r"[#@]?[^\s#@<>&,]{1,80}")


def _channel(value: str) -> str:
    if not CHANNEL.fullmatch(value):
        raise ValueError("must be a channel's name such as #sales, without spaces")
    return value


Channel = Annotated[Text, Field(min_length=1, max_length=81), AfterValidator(_channel)]
WebhookUrl = Annotated[str, Field(min_length=1, max_length=LONGEST_WEBHOOK)]


class SlackRuleCreate(Input):
    """Without `appId` it is for all apps. `channel` is how people call it: where messages appear is decided by the
    webhook, at Slack."""

    app_id: AppId | None = None
    topic: SlackTopic
    channel: Channel
    webhook_url: WebhookUrl
    active: bool = True


class SlackRuleUpdate(Input):
    app_id: AppId | None = OMITTED
    topic: SlackTopic = OMITTED
    channel: Channel = OMITTED
    webhook_url: WebhookUrl = OMITTED
    active: bool = OMITTED


class SlackRuleFilter(Input):
    app_id: str | None = Field(None, max_length=64)
    topic: SlackTopic | None = None
    active: bool | None = None
    search: Search | None = None


class SlackRuleSortKey(SortKey):
    CREATED_AT = "createdAt"
    CHANNEL = "channel", "channelKey"


@allow(STAFF)
async def list_slack_rules(actor: Actor, window: Window, filters: SlackRuleFilter, sort: Sort) -> Slice[SlackRule]:
    """Which news goes to which Slack channel."""
    query: dict[str, Any] = {}
    if filters.app_id is not None:
        query["appId"] = filters.app_id
    if filters.topic is not None:
        query["topic"] = filters.topic.value
    if filters.active is not None:
        query["active"] = filters.active
    if filters.search:
        query["channelKey"] = containing(filters.search)
    return await slice_of(SlackRule, query, sort, window)


@allow(STAFF)
async def get_slack_rule(actor: Actor, rule_id: str) -> SlackRule:
    """One rule of what goes to Slack."""
    identity = object_id(rule_id)
    return found(await SlackRule.get(identity) if identity else None, "Slack rule")


@allow(ADMINS)
async def create_slack_rule(actor: Actor, data: SlackRuleCreate) -> SlackRule:
    """Sends the news of a topic to a channel."""
    if data.app_id is not None:
        await visible_app(actor, data.app_id)
    rule = SlackRule(
        app_id=data.app_id,
        topic=data.topic,
        channel=data.channel,
        channel_key=_key_of(data.channel),
        active=data.active,
        **_webhook_fields(_checked(data.webhook_url)),
    )
    try:
        return await rule.insert()
    except DuplicateKeyError:
        raise _known() from None


@allow(ADMINS)
async def update_slack_rule(actor: Actor, rule_id: str, data: SlackRuleUpdate) -> SlackRule:
    """Changes what is sent. A rule that is switched on again, or gets another webhook, has no problem any more."""
    rule = await get_slack_rule(actor, rule_id)
    changes = data.assignments()
    if changes.get("appId") is not None:
        await visible_app(actor, changes["appId"])
    if "channel" in changes:
        changes["channelKey"] = _key_of(data.channel)
    if changes.pop("webhookUrl", None) is not None:
        fields = _webhook_fields(_checked(data.webhook_url))
        changes |= {"webhook": fields["webhook"], "webhookUrl": fields["webhook_url"], "lane": fields["lane"]}
    if "webhook" in changes or changes.get("active"):
        changes |= {"problem": None, "problemAt": None}
    try:
        return found(await SlackRule.change({"_id": rule.id}, touched(changes)), "Slack rule")
    except DuplicateKeyError:
        raise _known() from None


@allow(ADMINS)
async def delete_slack_rule(actor: Actor, rule_id: str) -> SlackRule:
    """Deletes a rule. What waits to be posted by it is not posted any more."""
    rule = await get_slack_rule(actor, rule_id)
    deleted = await SlackRule.find_one({"_id": rule.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Slack rule not found")
    return rule


def webhook_of(rule: SlackRule) -> str | None:
    """None where it can't be read any more: the platform's secret was changed."""
    url = opened(runtime().settings, PURPOSE, rule.webhook, rule.lane)
    return url.decode() if url is not None else None


def _checked(url: str) -> Target:
    """Raises `InvalidInput` for any but Slack's webhooks, and says nothing of what was given."""
    settings = runtime().settings
    origins = settings.slack_origins
    try:
        target = target_of(url, settings.trusted_slack_origins)
        if target.origin not in origins or target.path == "/":
            raise InvalidInput(f"must begin with {' or '.join(f'{origin}/' for origin in origins)}")
    except InvalidInput as error:
        raise InvalidInput(f"webhookUrl {error.message}", "webhookUrl") from None
    return target


def _webhook_fields(target: Target) -> dict[str, Any]:
    settings, url = runtime().settings, target.url.encode()
    lane = hashlib.blake2b(url, key=settings.key(PURPOSE), digest_size=16).hexdigest()
    return {"webhook": sealed(settings, PURPOSE, url, lane), "webhook_url": _masked(target), "lane": lane}


def _masked(target: Target) -> str:
    """Enough to tell two webhooks apart: `https://hooks.slack.com/…x7Gf`."""
    secret = target.path.rpartition("/")[2]
    return f"{target.origin}/…{secret[-SHOWN_OF_A_SECRET:] if len(secret) >= SHORTEST_SECRET else ''}"


def _key_of(channel: str) -> str:
    """`#Sales` and `sales` are one channel."""
    return channel.removeprefix("#").casefold()


def _known() -> Conflict:
    return Conflict("There is a rule for this app, topic and channel already", "channel")
