"""Workers are killed while they post to Slack: `python -m tests.chaos.slack`.

Each is killed when Slack has a message and has not answered yet: nobody can know then whether it was taken.
"""

import argparse
import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from core import logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.slack_messages import SlackMessage
from tests.chaos.processes import worker
from tests.factories.slack import FakeSlack, a_rule, a_slack, told

DATABASE: Final = "chaos"
WORKER: Final = "tests.chaos.slack_worker"
SECRET: Final = "a secret of the tests, 32 characters and more"
PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`repeated` counts the posts of which nobody could know that they had arrived; `most` is how often a message came
    that came most often."""

    told: int
    arrived: int
    repeated: int
    most: int
    kills: int

    @property
    def is_right(self) -> bool:
        return self.arrived == self.told and self.repeated <= self.kills


async def survive(url: str, kills: int) -> Outcome:
    async with asyncio.timeout(PATIENCE_SECONDS), a_slack() as slack:
        environment = {
            "MONGODB_URL": url,
            "MONGODB_DATABASE": DATABASE,
            "SECRET_KEY": SECRET,
            "SLACK_ORIGINS": f"https://hooks.slack.com,{slack.origin}",
            "MAIL_PROVIDER": "memory",
        }
        settings = Settings(
            mongodb_database=DATABASE, secret_key=SecretStr(SECRET), slack_origins=(slack.origin,), log_level="ERROR"
        )
        async with running(settings, url, DOCUMENTS):
            await a_rule(slack)
            for kill in range(kills):
                await told(f"news {kill}")
                slack.answering.clear()
                slack.taken.clear()
                async with worker(WORKER, environment) as process:
                    await slack.taken.wait()
                    await told(f"more news {kill}")
                    process.kill()
                    await process.wait()
                slack.answering.set()
            async with worker(WORKER, environment):
                while await SlackMessage.find({"status": "pending"}).count():
                    await asyncio.sleep(0.1)
            return _outcome(slack, kills)


def _outcome(slack: FakeSlack, kills: int) -> Outcome:
    lines = [line.removeprefix("• ") for text in slack.texts for line in text.split("\n")]
    seen = Counter(line for line in lines if not line.endswith("more:"))
    wanted = {f"{what} {kill}" for what in ("news", "more news") for kill in range(kills)}
    repeated = len(slack.texts) - len(set(slack.texts))
    return Outcome(len(wanted), len(seen.keys() & wanted), repeated, max(seen.values()), kills)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    arguments = parser.parse_args()
    logs.configure(Settings(log_level="ERROR"))
    with EmbeddedMongo() as database:
        outcome = asyncio.run(survive(database.url, arguments.kills))
    sys.stdout.write(f"{outcome}\n{'Right.' if outcome.is_right else 'WRONG.'}\n")
    sys.exit(not outcome.is_right)


if __name__ == "__main__":
    main()
