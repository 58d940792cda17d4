"""What carries a wake-up to a worker: Redis between processes, a heap inside one.

A message may be lost at any time and nothing else is: the truth is in the database, and the clock comes round.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from taskiq import AsyncBroker, BrokerMessage
from taskiq_redis import ListQueueBroker

from core.settings import Settings
from tasks.agent import expire_agent_drafts, resume_agent_mail
from tasks.automations import start_due_automations
from tasks.email_alerts import check_email_alerts
from tasks.inbound import forget_raw_mail, requeue_inbound
from tasks.logs import forget_old_logs, settle_log_counts
from tasks.sequences import advance_sequences
from tasks.slack import requeue_slack, tell_of_dead_jobs
from tasks.tickets import close_resolved_tickets, finish_ticket_events, notice_breaches
from tasks.upkeep import (
    apply_pending_events,
    attend_to_campaigns,
    enqueue_forgotten_mail,
    give_up_old_mail,
    start_due_campaigns,
    sweep_attachments,
    watch_error_rates,
)
from tasks.wants import recount_wants, settle_changed_wants
from tasks.webhooks import requeue_webhooks

QUEUE: Final = "allover:tasks"
RETRIES: Final = 3
EVERY_MINUTE: Final = "* * * * *"
EVERY_FIVE_MINUTES: Final = "*/5 * * * *"
EVERY_HOUR: Final = "17 * * * *"
SCHEDULED: Final[dict[str, tuple[Callable[[], Awaitable[None]], str]]] = {
    "apply_pending_events": (apply_pending_events, EVERY_MINUTE),
    "enqueue_forgotten_mail": (enqueue_forgotten_mail, EVERY_MINUTE),
    "start_due_automations": (start_due_automations, EVERY_MINUTE),
    "watch_error_rates": (watch_error_rates, EVERY_MINUTE),
    "start_due_campaigns": (start_due_campaigns, EVERY_MINUTE),
    "attend_to_campaigns": (attend_to_campaigns, EVERY_MINUTE),
    "advance_sequences": (advance_sequences, EVERY_MINUTE),
    "requeue_webhooks": (requeue_webhooks, EVERY_MINUTE),
    "requeue_inbound": (requeue_inbound, EVERY_MINUTE),
    "forget_raw_mail": (forget_raw_mail, EVERY_HOUR),
    "requeue_slack": (requeue_slack, EVERY_MINUTE),
    "tell_of_dead_jobs": (tell_of_dead_jobs, EVERY_MINUTE),
    "finish_ticket_events": (finish_ticket_events, EVERY_MINUTE),
    "notice_breaches": (notice_breaches, EVERY_MINUTE),
    "close_resolved_tickets": (close_resolved_tickets, EVERY_FIVE_MINUTES),
    "settle_changed_wants": (settle_changed_wants, EVERY_MINUTE),
    "recount_wants": (recount_wants, EVERY_HOUR),
    "settle_log_counts": (settle_log_counts, EVERY_MINUTE),
    "forget_old_logs": (forget_old_logs, EVERY_HOUR),
    "resume_agent_mail": (resume_agent_mail, EVERY_MINUTE),
    "expire_agent_drafts": (expire_agent_drafts, EVERY_HOUR),
    "check_email_alerts": (check_email_alerts, EVERY_FIVE_MINUTES),
    "give_up_old_mail": (give_up_old_mail, EVERY_HOUR),
    "sweep_attachments": (sweep_attachments, EVERY_FIVE_MINUTES),
}
"""What is done by the clock, by name, and when (cron, UTC)."""


class LocalBroker(AsyncBroker):
    """Inside one process: the highest `priority` first, then in the order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: asyncio.PriorityQueue[tuple[int, int, bytes]] = asyncio.PriorityQueue()
        self._arrival = itertools.count()

    async def kick(self, message: BrokerMessage) -> None:
        await self._waiting.put((-int(message.labels.get("priority", 0)), next(self._arrival), message.message))

    async def listen(self) -> AsyncGenerator[bytes, None]:
        while True:
            yield (await self._waiting.get())[2]


def choose_broker(settings: Settings) -> AsyncBroker:
    """The broker that the settings ask for, knowing all tasks."""
    chosen = LocalBroker() if settings.redis_url is None else _redis(settings.redis_url.get_secret_value())
    for name, (task, cron) in SCHEDULED.items():
        chosen.register_task(task, name, schedule=[{"cron": cron, "schedule_id": name}])
    return chosen


def _redis(url: str) -> ListQueueBroker:
    """A connection that Redis has closed meanwhile is opened again; it waits for messages without an end."""
    again = Retry(ExponentialBackoff(), RETRIES)
    return ListQueueBroker(url, queue_name=QUEUE, retry=again, retry_on_error=[ConnectionLost], socket_timeout=None)
