"""A worker that posts to Slack, with short leases: `python -m tests.chaos.slack_worker`, configured by the environment.
Prints `ready` when it takes jobs."""

import asyncio
from datetime import timedelta
from typing import Final
from unittest.mock import patch

from core.settings import load
from resolvers import slack_posting
from tasks.jobs import Pace
from tests.chaos.sending_worker import work

PACE: Final = Pace(lease=1.0, heartbeat=0.3, look=0.2, grace=1.0, backoff=lambda _: timedelta(seconds=0.2))

if __name__ == "__main__":
    with patch.object(slack_posting, "HOLD", timedelta(seconds=1.5)):
        asyncio.run(work(load(), PACE))
