"""Posts to Slack, and tells it of jobs that died."""

from collections.abc import Mapping

from pydantic import JsonValue

from core.actor import Actor
from models.email_jobs import EmailJob
from resolvers import slack_jobs, slack_messages, slack_posting

ACTOR = Actor.system("slack")


async def post_lane(job: EmailJob) -> Mapping[str, JsonValue]:
    """A job of the type `slack.post`."""
    posted = await slack_posting.post_lane(ACTOR, str(job.payload["lane"]), job.payload["run"])
    return {"posts": posted.posts, "messages": posted.messages, "dropped": posted.dropped}


async def requeue_slack() -> None:
    """Finds what was told when a process died before it left the work for somebody."""
    await slack_messages.requeue_slack_lanes(ACTOR)


async def tell_of_dead_jobs() -> None:
    """Tells of jobs whose attempts are spent."""
    await slack_jobs.tell_of_dead_jobs(ACTOR)
