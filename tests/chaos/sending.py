"""A campaign is sent while everything fails: `python -m tests.chaos.sending` (`make chaos`).

Workers are killed again and again, the mail server defers and hangs up, and where redis-server is installed, Redis is
emptied, killed and started again. At the end the server's own count is held against what the platform says.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from core import logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.campaigns import Campaign, CampaignStatus
from models.deliveries import Delivery, DeliveryStatus
from models.email_jobs import EmailJob
from resolvers.campaign_settling import settle_campaign
from tests.chaos.campaign import a_company, sent_campaign
from tests.chaos.processes import worker
from tests.chaos.redis_server import RedisServer, coming_and_going
from tests.chaos.smtp_sink import Sink

DATABASE: Final = "chaos"
WORKER: Final = "tests.chaos.sending_worker"
WORKERS: Final = 2
PATIENCE_SECONDS: Final = 600.0
FAILING: Final = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """`twice` counts the recipients who got the mail more than once, `lost` those who are said to have got it and did
    not; `taken_uncertain` of the `uncertain` are those who got it. `recovery` is in seconds from the last kill."""

    recipients: int
    kills: int
    status: CampaignStatus
    by_status: Mapping[str, int]
    taken: int
    twice: int
    lost: int
    unknown: int
    taken_uncertain: int
    seconds: float
    recovery: float

    @property
    def is_right(self) -> bool:
        adds_up = sum(self.by_status.values()) == self.recipients
        accounted = self.taken == self.by_status.get("sent", 0) + self.taken_uncertain
        faultless = not (self.twice or self.lost or self.unknown)
        return self.status is CampaignStatus.SENT and adds_up and accounted and faultless


async def survive(url: str, *, recipients: int, kills: int, redis: RedisServer | None) -> Outcome:
    """Sends one campaign, and kills as many workers."""
    sink, chance = Sink(failing=FAILING), random.Random(7)
    async with asyncio.timeout(PATIENCE_SECONDS), sink.listening():
        settings = sending_settings(url, sink.port, redis)
        async with coming_and_going(redis) if redis else nullcontext(), running(settings, url, DOCUMENTS):
            await a_company(recipients)
            started = time.monotonic()
            campaign = (await sent_campaign()).campaign
            await asyncio.gather(*(killing(settings, kills // WORKERS, chance) for _ in range(WORKERS)))
            killed = time.monotonic()
            async with sending_worker(settings):
                while await EmailJob.find({"open": True}).count():
                    await asyncio.sleep(0.1)
            ended = time.monotonic()
            await settle_campaign(campaign.id)
            return await _outcome(campaign, sink, recipients, kills, ended - started, ended - killed)


def sending_settings(url: str, port: int, redis: RedisServer | None) -> Settings:
    """Of workers that send by this SMTP server."""
    return Settings.model_validate(
        {
            "mongodb_url": SecretStr(url),
            "mongodb_database": DATABASE,
            "redis_url": SecretStr(redis.url) if redis else None,
            "mail_provider": "smtp",
            "mail_from": "news@banners.example.com",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_tls": "none",
        }
    )


async def killing(settings: Settings, kills: int, chance: random.Random, module: str = WORKER) -> None:
    """Starts a worker so many times, and kills it soon."""
    for _ in range(kills):
        async with sending_worker(settings, module) as process:
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            process.kill()


def sending_worker(settings: Settings, module: str = WORKER) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """A process that takes jobs."""
    return worker(module, _environment(settings))


def _environment(settings: Settings) -> dict[str, str]:
    assert settings.mongodb_url is not None
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    return {
        "MONGODB_URL": settings.mongodb_url.get_secret_value(),
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": redis_url,
        "MAIL_PROVIDER": "smtp",
        "MAIL_FROM": settings.mail_from,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(settings.smtp_port),
        "SMTP_TLS": "none",
    }


async def _outcome(
    campaign: Campaign, sink: Sink, recipients: int, kills: int, seconds: float, recovery: float
) -> Outcome:
    settled = await Campaign.get(campaign.id)
    assert settled is not None
    deliveries = {str(one.id): one.status for one in await Delivery.find({"campaignId": campaign.id}).to_list()}
    return Outcome(
        recipients=recipients,
        kills=kills,
        status=settled.status,
        by_status=Counter(status.value for status in deliveries.values()),
        taken=sink.taken.total(),
        twice=sum(1 for count in sink.taken.values() if count > 1),
        lost=sum(1 for one, status in deliveries.items() if status is DeliveryStatus.SENT and not sink.taken[one]),
        unknown=sum(1 for one in sink.taken if one not in deliveries),
        taken_uncertain=sum(
            1 for one, status in deliveries.items() if status is DeliveryStatus.UNCERTAIN and sink.taken[one]
        ),
        seconds=seconds,
        recovery=recovery,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    logs.configure(Settings(log_level="ERROR"))
    program = shutil.which("redis-server")
    redis = RedisServer(program) if program else None
    with EmbeddedMongo() as database:
        outcome = asyncio.run(
            survive(database.url, recipients=arguments.recipients, kills=arguments.kills, redis=redis)
        )
    sys.stdout.write(f"{outcome}\n{'Right.' if outcome.is_right else 'WRONG.'}\n")
    sys.exit(not outcome.is_right)


if __name__ == "__main__":
    main()
