"""Tells Slack of jobs that died. It looks for them instead of being told: whoever buries a job may die with it."""

from datetime import timedelta
from typing import Final

from core import clock
from core.access import allow
from core.actor import Actor
from models.email_jobs import EmailJob, EmailJobStatus
from models.slack_routing import SlackTopic
from resolvers.slack_messages import POST, tell_slack

LOOKED_BACK: Final = timedelta(minutes=15)
MOST: Final = 50
"""That are told of by name at a time."""


@allow()
async def tell_of_dead_jobs(actor: Actor) -> None:
    """Each once, although it is looked for every minute; but for the jobs that post to Slack."""
    now = clock.now()
    died = {"status": EmailJobStatus.DEAD.value, "completedAt": {"$gte": now - LOOKED_BACK}, "type": {"$ne": POST}}
    jobs = await EmailJob.find(died).sort("-createdAt").limit(MOST + 1).to_list()
    for job in jobs[:MOST]:
        text = f"A job of the type {job.type} died at attempt {job.attempts}: {job.last_error or 'no error is known'}"
        app_id = job.payload.get("appId")
        key = f"job:{job.id}:{job.completed_at:%Y-%m-%dT%H:%M:%S}"
        await tell_slack(actor, SlackTopic.JOBS, app_id if isinstance(app_id, str) else None, text, key=key)
    if len(jobs) > MOST:
        text = f"More than {MOST} jobs died within {LOOKED_BACK.seconds // 60} minutes: see the list of dead jobs"
        await tell_slack(actor, SlackTopic.JOBS, None, text, key=f"jobs:{now:%Y-%m-%dT%H}")
