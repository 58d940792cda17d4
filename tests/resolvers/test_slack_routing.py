"""Rules of what goes to which Slack channel."""

import pytest

from core import runtime
from core.access import ADMINS
from core.actor import Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from core.inputs import invalid_input
from core.pages import Page
from core.runtime import Runtime
from core.settings import Settings
from models.slack_routing import SlackRule, SlackTopic
from resolvers.slack_routing import (
    SlackRuleCreate,
    SlackRuleFilter,
    SlackRuleSortKey,
    SlackRuleUpdate,
    create_slack_rule,
    delete_slack_rule,
    get_slack_rule,
    list_slack_rules,
    update_slack_rule,
    webhook_of,
)
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")
WEBHOOK = "https://hooks.slack.com/services/T0001/B0002/abcdefghijklmnopqrstx7Gf"


async def changed(rule: SlackRule, role: Role = Role.ADMIN, **changes: object) -> SlackRule:
    return await update_slack_rule(await an_actor(role), str(rule.id), SlackRuleUpdate.model_validate(changes))


class TestCreating:
    async def test_for_one_app_or_for_all(self) -> None:
        app = await an_app()
        ours, everybodys = await a_rule(appId=app.id), await a_rule()
        assert (ours.app_id, ours.topic, ours.channel, ours.active) == (app.id, SlackTopic.ALERTS, "#alerts", True)
        assert everybodys.app_id is None

    async def test_the_webhook_is_shown_to_nobody_and_kept_encrypted(self) -> None:
        rule = await a_rule()
        assert rule.webhook_url == "https://hooks.slack.com/…x7Gf"
        assert webhook_of(rule) == WEBHOOK
        stored = str(await SlackRule.get_pymongo_collection().find_one({"_id": rule.id}))
        assert not any(secret in stored for secret in ("T0001", "B0002", "abcdef"))
        assert "abcdef" not in repr(rule)

    async def test_of_a_short_secret_nothing_is_shown(self) -> None:
        assert (await a_rule(path="/hook/short")).webhook_url == "https://hooks.slack.com/…"

    async def test_the_same_app_topic_and_channel_is_a_conflict_however_it_is_written(self) -> None:
        app = await an_app()
        for app_id in (None, app.id):
            await a_rule(appId=app_id, channel="#Sales")
            with pytest.raises(Conflict, match="a rule for this app, topic and channel already"):
                await a_rule(appId=app_id, channel="sales")
        await a_rule(channel="sales", topic=SlackTopic.JOBS)

    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_not_by_others_than_admins(self, role: Role) -> None:
        data = SlackRuleCreate.model_validate({"topic": "jobs", "channel": "#a", "webhookUrl": WEBHOOK})
        with pytest.raises(Forbidden):
            await create_slack_rule(await an_actor(role), data)

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/services/T0001/B0002/x",
            "http://hooks.slack.com/services/T0001/B0002/x",
            "https://hooks.slack.com.evil.example/services/x",
            "https://hooks.slack.com@evil.example/services/x",
            "https://hooks.slack.com:8443/services/x",
            "https://hooks.slack.com",
            "https://hooks.slack.com/…x7Gf",
            "https://127.0.0.1/services/x",
            "file:///etc/passwd",
        ],
    )
    async def test_to_slack_alone_and_the_error_does_not_repeat_the_url(self, url: str) -> None:
        data = SlackRuleCreate.model_validate({"topic": "jobs", "channel": "#a", "webhookUrl": url})
        with pytest.raises(InvalidInput, match=r"^webhookUrl must ") as refused:
            await create_slack_rule(await an_actor(), data)
        assert refused.value.field == "webhookUrl"
        assert "evil" not in refused.value.message

    async def test_elsewhere_where_the_operator_says_so(self, platform: Runtime, settings: Settings) -> None:
        origins = ("https://hooks.slack.com", "http://chat.internal:8065")
        runtime.start(settings.model_copy(update={"slack_origins": origins}), platform.mongo)
        rule = await a_rule(webhookUrl="http://chat.internal:8065/hooks/abcdefghijklmnop")
        assert rule.webhook_url == "http://chat.internal:8065/…mnop"

    @pytest.mark.parametrize("channel", ["", "two words", "<!channel>", "a" * 90, "#", "\x00"])
    def test_a_channel_is_a_name(self, channel: str) -> None:
        with pytest.raises(ValueError, match="channel"):
            SlackRuleCreate.model_validate({"topic": "jobs", "channel": channel, "webhookUrl": WEBHOOK})

    async def test_for_an_app_that_exists(self) -> None:
        with pytest.raises(NotFound, match="Unknown app"):
            await a_rule(appId="nonsense")

    def test_topics_are_from_the_list(self) -> None:
        with pytest.raises(ValueError, match="topic") as error:
            SlackRuleCreate.model_validate({"topic": {"$ne": None}, "channel": "#a", "webhookUrl": WEBHOOK})
        assert "installs" in invalid_input(error.value).message  # type: ignore[arg-type]  # Pydantic's


class TestChanging:
    async def test_what_is_sent_and_nothing_else(self) -> None:
        rule = await a_rule()
        after = await changed(rule, channel="#ops", active=False)
        assert (after.channel, after.active, after.topic) == ("#ops", False, rule.topic)
        assert webhook_of(after) == WEBHOOK

    async def test_another_webhook_is_another_lane_and_forgets_the_problem(self) -> None:
        rule = await a_rule()
        await rule.set({"problem": "Slack answers 404 no_service", "active": False})
        after = await changed(rule, webhookUrl=WEBHOOK + "2")
        assert (webhook_of(after), after.webhook_url, after.problem) == (
            WEBHOOK + "2",
            "https://hooks.slack.com/…7Gf2",
            None,
        )
        assert after.lane != rule.lane

    async def test_switching_it_on_again_forgets_the_problem(self) -> None:
        rule = await a_rule()
        await rule.set({"problem": "Slack answers 404 no_service", "active": False})
        assert (await changed(rule, channel="#ops")).problem is not None
        assert (await changed(rule, active=True)).problem is None

    async def test_from_one_app_to_all(self) -> None:
        rule = await a_rule(appId=(await an_app()).id)
        assert (await changed(rule, appId=None)).app_id is None
        with pytest.raises(NotFound, match="Unknown app"):
            await changed(rule, appId="nonsense")

    async def test_into_one_that_is_there_is_a_conflict(self) -> None:
        rule = await a_rule()
        await a_rule(channel="#ops")
        with pytest.raises(Conflict):
            await changed(rule, channel="OPS")

    async def test_another_host_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="webhookUrl must begin with"):
            await changed(await a_rule(), webhookUrl="https://example.com/hook")

    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_not_by_others_than_admins(self, role: Role) -> None:
        rule = await a_rule()
        with pytest.raises(Forbidden):
            await changed(rule, role, active=False)
        with pytest.raises(Forbidden):
            await delete_slack_rule(await an_actor(role), str(rule.id))


async def test_rules_are_listed_filtered_and_sorted() -> None:
    viewer, app = await an_actor(Role.VIEWER), await an_app()
    await a_rule(channel="#b")
    await a_rule(channel="#A", appId=app.id, topic=SlackTopic.JOBS)
    await a_rule(channel="#c", active=False)

    async def listed(**filters: object) -> list[str]:
        given = SlackRuleFilter.model_validate(filters)
        found = await list_slack_rules(viewer, Page(), given, SlackRuleSortKey.CHANNEL.order())
        return [rule.channel for rule in found.items]

    assert await listed() == ["#A", "#b", "#c"]
    assert await listed(appId=app.id) == ["#A"]
    assert await listed(topic="jobs") == ["#A"]
    assert await listed(active=False) == ["#c"]
    assert await listed(search="B") == ["#b"]


async def test_deleting_twice_is_not_found() -> None:
    rule, owner = await a_rule(), await an_actor()
    await delete_slack_rule(owner, str(rule.id))
    for identity in (str(rule.id), "0" * 24, "nonsense"):
        with pytest.raises(NotFound):
            await delete_slack_rule(owner, identity)
        with pytest.raises(NotFound):
            await get_slack_rule(owner, identity)
