"""Slack is told of jobs that died."""

from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor
from models.email_jobs import EmailJob, EmailJobStatus
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from resolvers import slack_jobs
from resolvers.email_jobs import retry_email_job
from resolvers.job_leases import retry_later
from resolvers.slack_jobs import LOOKED_BACK, tell_of_dead_jobs
from resolvers.slack_messages import POST
from tests.factories.email_jobs import SYSTEM, an_ended_job, claimed
from tests.factories.people import an_actor
from tests.factories.slack import a_rule

pytestmark = pytest.mark.usefixtures("platform")
ACTOR = Actor.system("slack")


async def news() -> list[str | None]:
    return [one.text for one in await SlackMessage.find_all().sort("place").to_list()]


async def test_each_once_with_its_error() -> None:
    await a_rule(topic=SlackTopic.JOBS)
    await an_ended_job(EmailJobStatus.DEAD)
    await an_ended_job(EmailJobStatus.FAILED)
    for _ in range(3):
        await tell_of_dead_jobs(ACTOR)
    assert await news() == ["A job of the type count_sheep died at attempt 1: The address does not exist"]


async def test_one_that_was_put_back_and_dies_again_is_told_again() -> None:
    await a_rule(topic=SlackTopic.JOBS)
    job = await an_ended_job(EmailJobStatus.DEAD)
    await tell_of_dead_jobs(ACTOR)
    await retry_email_job(await an_actor(), str(job.id))
    with clock.shifted(timedelta(minutes=1)):
        await retry_later(SYSTEM, await claimed(), "Again", timedelta())
        await tell_of_dead_jobs(ACTOR)
    assert len(await news()) == 2


async def test_not_of_those_that_post_to_slack_nor_of_old_ones() -> None:
    await a_rule(topic=SlackTopic.JOBS)
    await an_ended_job(EmailJobStatus.DEAD, POST)
    old = await an_ended_job(EmailJobStatus.DEAD)
    await EmailJob.change({"_id": old.id}, {"$set": {"completedAt": clock.now() - LOOKED_BACK - timedelta(seconds=1)}})
    await tell_of_dead_jobs(ACTOR)
    assert await news() == []


async def test_very_many_are_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_jobs, "MOST", 2)
    await a_rule(topic=SlackTopic.JOBS)
    for _ in range(4):
        await an_ended_job(EmailJobStatus.DEAD)
    await tell_of_dead_jobs(ACTOR)
    assert (await news())[2:] == ["More than 2 jobs died within 15 minutes: see the list of dead jobs"]
