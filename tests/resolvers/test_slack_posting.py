"""What is told is posted: at the pace that Slack asks for, once, and in order."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from beanie import PydanticObjectId

from core import clock
from core.access import ADMINS
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, RateLimited, Unavailable
from core.runtime import Runtime, runtime
from models.email_jobs import EmailJob
from models.slack_messages import KEPT, SlackLane, SlackMessage, SlackMessageStatus
from models.slack_routing import SlackRule, SlackTopic
from resolvers import slack_posting
from resolvers.slack_messages import POST, requeue_slack_lanes, tell_slack
from resolvers.slack_posting import POSTS_AT_A_TIME, Posted, post_lane, try_slack_rule
from resolvers.slack_routing import SlackRuleUpdate, delete_slack_rule, update_slack_rule
from resolvers.slack_texts import MOST_LINES
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.people import an_actor
from tests.factories.slack import FakeSlack, a_rule, slack_for, told

SYSTEM = Actor.system("slack")
DROPPED = SlackMessageStatus.DROPPED


@pytest_asyncio.fixture
async def slack(platform: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeSlack]:
    monkeypatch.setattr(slack_posting, "PACE", timedelta())
    async with slack_for(platform) as server:
        yield server


async def posted(rule: SlackRule) -> Posted:
    """What the lane's job does."""
    lane = await SlackLane.get(rule.lane)
    assert lane is not None
    return await post_lane(SYSTEM, lane.id, lane.run)


async def again(rule: SlackRule) -> SlackRule:
    """As it is now."""
    found = await SlackRule.get(rule.id)
    assert found is not None
    return found


async def of_status(status: SlackMessageStatus) -> list[SlackMessage]:
    return await SlackMessage.find({"status": status.value}).sort("place").to_list()


class TestTelling:
    async def test_leaves_a_message_and_one_job_for_each_webhook(self, slack: FakeSlack) -> None:
        app = await an_app()
        await a_rule(slack, channel="#a")
        await a_rule(slack, channel="#b", appId=app.id)
        await a_rule(slack, channel="#c", path="/services/another-webhook")
        await told("Something happened", app_id=app.id)
        await told("Something else", app_id=app.id)
        jobs = await EmailJob.find({"type": POST}).to_list()
        assert (await SlackMessage.count(), len(jobs), slack.tries) == (6, 2, [])

    async def test_nobody_else_than_who_asked_for_it(self, slack: FakeSlack) -> None:
        mine, other = await an_app(), await an_app()
        await a_rule(slack, channel="#another-topic", topic=SlackTopic.JOBS)
        await a_rule(slack, channel="#another-app", appId=other.id)
        await a_rule(slack, channel="#off", active=False)
        await told("Something happened", app_id=mine.id)
        assert (await SlackMessage.count(), await EmailJob.count()) == (0, 0)

    async def test_twice_under_one_key_is_posted_once_to_each(self, slack: FakeSlack) -> None:
        rules = [await a_rule(slack, channel="#a"), await a_rule(slack, channel="#b")]
        await asyncio.gather(*(told(f"Told by {number}", key="one") for number in range(5)))
        await posted(rules[0])
        await told("Told again", key="one")
        assert (len(slack.posts), await SlackMessage.count()) == (2, 2)
        with clock.shifted(KEPT + timedelta(minutes=1)):
            assert all(message.expires_at < clock.now() for message in await SlackMessage.find_all().to_list())

    async def test_never_fails_whoever_tells(self, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        await a_rule(slack)
        monkeypatch.setattr(SlackRule, "find", lambda *_: 1 / 0)
        await tell_slack(Actor.anonymous(), SlackTopic.ALERTS, None, "Something happened", key="1")


class TestPosting:
    async def test_one_message_says_which_app(self, slack: FakeSlack) -> None:
        app, rule = await an_app(name="Banners & Co"), await a_rule(slack)
        await told("<Tea> installed it", app_id=app.id)
        assert await posted(rule) == Posted(posts=1, messages=1)
        assert slack.texts == ["*Banners &amp; Co*: &lt;Tea&gt; installed it"]
        assert slack.paths == ["/services/T0001/B0002/abcdefghijklmnopqrstx7Gf"]
        (message,) = await of_status(SlackMessageStatus.POSTED)
        assert (message.text, (await again(rule)).last_posted_at is not None) == (None, True)

    async def test_what_gathers_is_a_digest_in_order(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        for number in range(8):
            await told(f"number {number}")
        assert await posted(rule) == Posted(posts=2, messages=8)
        assert slack.texts == ["number 0", "\n".join(["7 more:", *(f"• number {number}" for number in range(1, 8))])]

    async def test_a_flood_is_several_digests_and_nothing_is_left_out(self, slack: FakeSlack) -> None:
        rule, many = await a_rule(slack), 2 * MOST_LINES + 11
        for number in range(many):
            await told(f"number {number:03}")
        assert await posted(rule) == Posted(posts=4, messages=many)
        lines = [line.removeprefix("• ") for text in slack.texts for line in text.split("\n") if "more:" not in line]
        assert lines == [f"number {number:03}" for number in range(many)]

    async def test_after_many_posts_it_makes_room_for_other_webhooks(
        self, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(slack_posting, "MOST_LINES", 1)
        rule = await a_rule(slack)
        for number in range(POSTS_AT_A_TIME + 2):
            await told(f"number {number}")
        assert (await posted(rule)).posts == POSTS_AT_A_TIME
        assert (await posted(rule)).posts == 2
        assert await EmailJob.find({"type": POST}).count() == 2

    async def test_rules_with_one_webhook_share_its_lane_and_others_do_not_wait(self, slack: FakeSlack) -> None:
        first, second = await a_rule(slack, channel="#a"), await a_rule(slack, channel="#a", topic=SlackTopic.JOBS)
        other = await a_rule(slack, channel="#b", path="/services/another-webhook")
        await told("an alert")
        await told("a job", topic=SlackTopic.JOBS)
        assert (first.lane, await posted(other)) == (second.lane, Posted(1, 1))
        assert await posted(first) == Posted(2, 2)

    async def test_what_comes_while_it_is_posted_is_posted_too(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("first")
        posting = asyncio.create_task(posted(rule))
        await slack.taken.wait()
        await told("second")
        await posting
        await requeue_slack_lanes(SYSTEM)
        await posted(rule)
        assert slack.texts == ["first", "second"]

    async def test_of_a_rule_that_was_switched_off_or_deleted_nothing(self, slack: FakeSlack) -> None:
        owner = await an_actor()
        off, gone, left = [await a_rule(slack, channel=f"#{name}") for name in "abc"]
        await told("too late")
        await update_slack_rule(owner, str(off.id), SlackRuleUpdate(active=False))
        await delete_slack_rule(owner, str(gone.id))
        assert await posted(left) == Posted(posts=1, messages=1, dropped=2)
        assert {message.outcome for message in await of_status(DROPPED)} == {"Its rule was switched off or deleted"}

    async def test_a_rule_that_got_another_webhook_takes_its_messages_along(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        moved = await update_slack_rule(
            await an_actor(),
            str(rule.id),
            SlackRuleUpdate.model_validate({"webhookUrl": f"{slack.origin}/services/new"}),
        )
        assert await posted(rule) == Posted()
        assert await posted(moved) == Posted(1, 1)
        assert slack.paths == ["/services/new"]

    async def test_after_a_day_it_is_no_news_any_more(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("yesterday's")
        with clock.shifted(timedelta(hours=25)):
            await told("today's")
            assert await posted(rule) == Posted(1, 1, 1)
        assert slack.texts == ["today's"]


class TestThePace:
    async def test_is_one_message_a_second_however_many_post(self, platform: Runtime) -> None:
        async with slack_for(platform) as slack:
            rule = await a_rule(slack)
            for number in range(3):
                await told(f"number {number}")
            await asyncio.gather(*(posted(rule) for _ in range(4)))
            assert slack.texts == ["number 0", "2 more:\n• number 1\n• number 2"]
            assert slack.tries[1] - slack.tries[0] >= 0.99
            await told("later")
            await posted(rule)
            assert slack.tries[2] - slack.tries[1] >= 0.99

    async def test_a_lane_that_somebody_holds_is_waited_for(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        await SlackLane.change({"_id": rule.lane}, {"$set": {"heldUntil": clock.now() + timedelta(seconds=0.3)}})
        before = time.monotonic()
        await posted(rule)
        assert slack.tries[0] - before >= 0.29
        await told("more news")
        await SlackLane.change({"_id": rule.lane}, {"$set": {"freeAt": clock.now() + timedelta(seconds=20)}})
        with pytest.raises(RateLimited) as held:
            await posted(rule)
        assert 18 <= held.value.retry_after <= 20


class TestWhenSlackDoesNotTakeIt:
    async def test_it_is_tried_again_and_the_rule_says_why_until_it_works(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        slack.replies.append((503, "<html>nginx</html>", {}))
        with pytest.raises(Unavailable):
            await posted(rule)
        assert (await again(rule)).problem == "Slack answers 503"
        assert await posted(rule) == Posted(1, 1)
        assert ((await again(rule)).problem, (await again(rule)).active) == (None, True)

    async def test_it_waits_as_long_as_slack_asks(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        slack.replies.append((429, "rate_limited", {"Retry-After": "17"}))
        for _ in range(2):
            with pytest.raises(RateLimited) as asked:
                await posted(rule)
            assert 15 <= asked.value.retry_after <= 17
        assert (len(slack.tries), slack.posts) == (1, [])
        with clock.shifted(timedelta(seconds=18)):
            assert await posted(rule) == Posted(1, 1)

    @pytest.mark.parametrize("header", ["", "soon", "-1", "9" * 30, "\u0663"])
    async def test_a_pause_that_is_no_number_is_a_usual_one(self, slack: FakeSlack, header: str) -> None:
        rule = await a_rule(slack)
        await told("news")
        slack.replies.append((429, "", {"Retry-After": header.encode("ascii", "replace").decode()}))
        with pytest.raises(RateLimited) as asked:
            await posted(rule)
        assert asked.value.retry_after in (30, 3600)

    @pytest.mark.parametrize(
        ("status", "said"),
        [(404, "no_service"), (404, "channel_not_found"), (410, "channel_is_archived"), (403, "action_prohibited")],
    )
    async def test_a_webhook_that_is_gone_switches_its_rules_off(
        self, slack: FakeSlack, status: int, said: str
    ) -> None:
        rules = [await a_rule(slack, channel="#a"), await a_rule(slack, channel="#b")]
        other = await a_rule(slack, channel="#c", path="/services/another-webhook")
        await told("news")
        slack.usually = (status, said, {})
        assert await posted(rules[0]) == Posted(posts=1, messages=0, dropped=2)
        for rule in [await again(rule) for rule in rules]:
            assert not rule.active
            assert rule.problem == f"Slack answers {status} {said}: the webhook does not work any more"
        assert ((await again(other)).active, len(slack.tries)) == (True, 1)

    async def test_a_message_that_is_refused_does_not_hold_up_the_others(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("bad")
        await told("good")
        slack.replies.append((400, "invalid_payload", {}))
        await posted(rule)
        assert slack.texts == ["good"]
        (dropped,) = await of_status(DROPPED)
        assert dropped.outcome == "Slack answers 400 invalid_payload"

    async def test_nobody_there_is_tried_again_and_the_url_is_in_no_sentence(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack, webhookUrl=f"{slack.origin}/services/very-secret-indeed")
        await told("news")
        slack.port = 1
        await update_slack_rule(
            await an_actor(),
            str(rule.id),
            SlackRuleUpdate.model_validate({"webhookUrl": "https://hooks.slack.com/services/very-secret-indeed"}),
        )
        await posted(rule)
        with pytest.raises(Unavailable) as failed:
            await posted(await again(rule))
        assert "secret" not in failed.value.message

    async def test_a_webhook_that_cant_be_read_any_more_switches_the_rule_off(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await rule.set({"webhook": b"x" * 40})
        await told("news")
        await posted(rule)
        assert "enter its URL again" in ((await again(rule)).problem or "")


class TestTrying:
    async def test_a_rule_posts_at_once_also_when_it_is_off(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack, active=False, channel="#sales", topic=SlackTopic.INSTALLS)
        tried = await try_slack_rule(await an_actor(Role.ADMIN), str(rule.id))
        assert slack.texts == ["A test of the rule for installs in #sales: it works."]
        assert (tried.active, tried.last_posted_at is not None) == (False, True)

    async def test_what_slack_says_is_what_staff_see(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        slack.replies.append((404, "no_service", {}))
        with pytest.raises(InvalidInput, match="Slack answers 404 no_service"):
            await try_slack_rule(await an_actor(), str(rule.id))
        assert not (await again(rule)).active

    @pytest.mark.parametrize("role", sorted(set(Role) - ADMINS))
    async def test_not_by_others_than_admins(self, slack: FakeSlack, role: Role) -> None:
        rule = await a_rule(slack)
        with pytest.raises(Forbidden):
            await try_slack_rule(await an_actor(role), str(rule.id))


class TestWhoeverDies:
    """At any write: each message is posted, and at most those of one request a second time."""

    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_while_telling(self, slack: FakeSlack, last_arrives: bool) -> None:
        rule = await a_rule(slack)
        for writes in range(4):
            with dying(writes, last_arrives=last_arrives), pytest.raises(Killed):
                await told("told", key=str(writes))
                raise Killed
            await told("told", key=str(writes))
            await requeue_slack_lanes(SYSTEM)
            await posted(rule)
        assert len(slack.posts) == 4

    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_while_posting(self, slack: FakeSlack, last_arrives: bool) -> None:
        rule = await a_rule(slack)
        for writes in range(12):
            slack.posts.clear()
            names = [f"{writes}-{number}" for number in range(3)]
            for name in names:
                await told(name)
            with dying(writes, last_arrives=last_arrives), pytest.raises(Killed):
                await posted(rule)
                raise Killed
            await requeue_slack_lanes(SYSTEM)
            with clock.shifted(slack_posting.HOLD):
                await posted(rule)
            seen = " ".join(slack.texts)
            counts = [seen.count(name) for name in names]
            assert all(1 <= count <= 2 for count in counts), counts
            assert await SlackMessage.find({"status": "pending"}).count() == 0
            await SlackLane.change({"_id": rule.lane}, {"$set": {"freeAt": clock.now(), "heldUntil": clock.now()}})

    async def test_a_lane_whose_job_died_gets_another(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        await EmailJob.change({"type": POST}, {"$set": {"open": False, "status": "dead"}})
        await requeue_slack_lanes(SYSTEM)
        assert await EmailJob.find({"type": POST, "open": True}).count() == 1
        assert await posted(rule) == Posted(1, 1)

    async def test_a_job_of_an_earlier_run_does_nothing(self, slack: FakeSlack) -> None:
        rule = await a_rule(slack)
        await told("news")
        assert await post_lane(SYSTEM, rule.lane, 7) == Posted()
        assert await post_lane(SYSTEM, str(PydanticObjectId()), 1) == Posted()
        assert runtime().settings.slack_origins[0] == "https://hooks.slack.com"
