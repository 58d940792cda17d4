"""How many messages a campaign sends in a second, end to end: `python -m benchmarks.sending [RECIPIENTS]`.

To Debian's `smtp-sink`, by one worker, with all that sending is: whether each reader may be written to, signed links
and the pixel, marks, outcomes and events in the embedded database, and what follows from the events. The floor is a
loop over aiosmtplib that sends one prebuilt message to the same sink, in the same run.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil
from beanie import PydanticObjectId
from pydantic import SecretStr

from benchmarks.smtp import Sink, looped, smtp_sink
from core import logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from mail.providers import open_provider
from models import DOCUMENTS
from models.campaigns import Campaign, CampaignStatus
from models.deliveries import Delivery
from resolvers.composing import Composer
from resolvers.outbox import sending_mail
from tasks.handlers import HANDLERS
from tasks.jobs import doing_jobs
from tasks.rollups import following_events
from tests.chaos.campaign import a_company, sent_campaign
