"""A sequence goes on while everything fails: `python -m tests.chaos.sequences` (`make chaos`).

Everybody's first mail is due. Workers that plan and send are killed again and again, and the mail server defers and
hangs up. At the end the server's own count is held against what the platform says: nobody is lost, nobody gets the mail
twice, and no day has more than its cap.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core import logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.deliveries import OPEN, Delivery, DeliveryStatus
from models.enrollments import Enrollment
from models.sequences import SequenceDay
from tests.chaos.outreach import a_sequence, people_in
from tests.chaos.sending import FAILING, WORKERS, killing, sending_settings, sending_worker
from tests.chaos.smtp_sink import Sink

WORKER: Final = "tests.chaos.sequences_worker"
PATIENCE_SECONDS: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`planned` is how many have a mail, of as many as the `cap` allows. `twice` counts who got it more than once,
    `lost` those who are said to have got it and did not; `taken_uncertain` of the `uncertain` are those who got it."""

    people: int
    cap: int
    kills: int
    planned: int
    by_status: Mapping[str, int]
    taken: int
    twice: int
    lost: int
    unknown: int
    taken_uncertain: int
    left_alone: int
    on_a_day: int
    seconds: float

    @property
    def is_right(self) -> bool:
        everybody = self.planned == min(self.people, self.cap) and self.left_alone == self.people - self.planned
        accounted = self.taken == self.by_status.get("sent", 0) + self.taken_uncertain
        faultless = not (self.twice or self.lost or self.unknown or self.by_status.get("failed", 0))
        return everybody and accounted and faultless and self.on_a_day <= self.cap


async def survive(url: str, *, people: int, cap: int, kills: int) -> Outcome:
    """Lets so many go on, and kills as many workers."""
    sink, chance = Sink(failing=FAILING), random.Random(7)
    async with asyncio.timeout(PATIENCE_SECONDS), sink.listening():
        settings = sending_settings(url, sink.port, redis=None)
        async with running(settings, url, DOCUMENTS):
            await people_in(await a_sequence(cap), due=people)
            started = time.monotonic()
            await asyncio.gather(*(killing(settings, kills // WORKERS, chance, WORKER) for _ in range(WORKERS)))
            async with sending_worker(settings, WORKER):
                while await _something_is_left(people, cap):
                    await asyncio.sleep(0.1)
            return await _outcome(sink, people, cap, kills, time.monotonic() - started)


async def _something_is_left(people: int, cap: int) -> bool:
    mails = await Delivery.find_all().count()
    under_way = {"status": {"$in": [status.value for status in OPEN]}}
    return mails < min(people, cap) or await Delivery.find(under_way).count() > 0


async def _outcome(sink: Sink, people: int, cap: int, kills: int, seconds: float) -> Outcome:
    deliveries = {str(one.id): one.status for one in await Delivery.find_all().to_list()}
    sent_to = {one.delivery_id for one in [e.mail for e in await Enrollment.find_all().to_list()] if one}
    days = await SequenceDay.find_all().to_list()
    uncertain = [one for one, status in deliveries.items() if status is DeliveryStatus.UNCERTAIN]
    return Outcome(
        people=people,
        cap=cap,
        kills=kills,
        planned=len(deliveries),
        by_status=Counter(status.value for status in deliveries.values()),
        taken=sink.taken.total(),
        twice=sum(1 for count in sink.taken.values() if count > 1),
        lost=sum(1 for one, status in deliveries.items() if status is DeliveryStatus.SENT and not sink.taken[one]),
        unknown=sum(1 for one in sink.taken if one not in deliveries),
        taken_uncertain=sum(1 for one in uncertain if sink.taken[one]),
        left_alone=people - len(sent_to),
        on_a_day=max(len(set(day.taken)) for day in days),
        seconds=seconds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    parser.add_argument("--cap", type=int, default=4_500)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    logs.configure(Settings(log_level="ERROR"))
    with EmbeddedMongo() as database:
        outcome = asyncio.run(survive(database.url, people=arguments.people, cap=arguments.cap, kills=arguments.kills))
    sys.stdout.write(f"{outcome}\n{'Right.' if outcome.is_right else 'WRONG.'}\n")
    sys.exit(not outcome.is_right)


if __name__ == "__main__":
    main()
