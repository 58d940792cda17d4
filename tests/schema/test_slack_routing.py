"""Slack routing, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from core.runtime import Runtime
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.factories.slack import a_rule, slack_for
from tests.schema.asking import ask, error_of

CREATE = """mutation ($input: SlackRuleCreateInput!) {
  slackRuleCreate(input: $input) { slackRule { id topic webhookUrl } userErrors { code field } } }"""
UPDATE = """mutation ($id: ID!, $input: SlackRuleUpdateInput!) {
  slackRuleUpdate(id: $id, input: $input) { slackRule { appId channel active } userErrors { code field } } }"""
DELETE = "mutation ($id: ID!) { slackRuleDelete(id: $id) { deletedId userErrors { code } } }"
TEST = "mutation ($id: ID!) { slackRuleTest(id: $id) { slackRule { lastPostedAt } userErrors { code message } } }"
INPUT = {
    "topic": "INSTALLS",
    "channel": "#new-shops",
    "webhookUrl": "https://hooks.slack.com/services/T0001/B0002/abcdefghijklmnopqrstx7Gf",
}


async def test_rules_are_listed_with_their_apps(client: AsyncClient) -> None:
    app = await an_app("banners")
    rule = await a_rule(appId=app.id)
    query = """query ($id: ID!) { slackRule(id: $id) { channel problem }
      slackRules(filter: {active: true}) { nodes { topic app { name } } totalCount } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(rule.id)) == {
        "slackRule": {"channel": "#alerts", "problem": None},
        "slackRules": {"nodes": [{"topic": "ALERTS", "app": {"name": "Banners"}}], "totalCount": 1},
    }


async def test_one_is_made_once_changed_and_deleted(client: AsyncClient) -> None:
    admin = await logged_in(Role.ADMIN)
    made = (await ask(client, admin, CREATE, input=INPUT))["slackRuleCreate"]["slackRule"]
    assert made["webhookUrl"] == "https://hooks.slack.com/…x7Gf"
    twice = (await ask(client, admin, CREATE, input=INPUT))["slackRuleCreate"]
    assert twice["userErrors"] == [{"code": "CONFLICT", "field": ["channel"]}]
    changed = await ask(client, admin, UPDATE, id=made["id"], input={"active": False, "appId": None})
    assert changed["slackRuleUpdate"]["slackRule"] == {"appId": None, "channel": "#new-shops", "active": False}
    assert (await ask(client, admin, DELETE, id=made["id"]))["slackRuleDelete"]["deletedId"] == made["id"]
    gone = await ask(client, admin, DELETE, id=made["id"])
    assert gone["slackRuleDelete"]["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_one_is_tried_and_what_slack_says_is_an_error_of_the_user(client: AsyncClient, platform: Runtime) -> None:
    async with slack_for(platform) as slack:
        admin, rule = await logged_in(Role.ADMIN), await a_rule(slack)
        tried = (await ask(client, admin, TEST, id=str(rule.id)))["slackRuleTest"]
        assert (tried["slackRule"]["lastPostedAt"] is not None, len(slack.posts)) == (True, 1)
        slack.replies.append((404, "no_service", {}))
        refused = (await ask(client, admin, TEST, id=str(rule.id)))["slackRuleTest"]
    (error,) = refused["userErrors"]
    assert (error["code"], error["message"].startswith("Slack answers 404 no_service")) == ("INVALID_INPUT", True)


async def test_viewers_change_nothing(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    assert await error_of(client, viewer, CREATE, input=INPUT) == "FORBIDDEN"
    assert await error_of(client, viewer, TEST, id="0" * 24) == "FORBIDDEN"
