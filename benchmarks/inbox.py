"""Received mail: how soon whoever brings it is answered, and how many are worked off in a second. The bound of an
answer is 100 ms.

`python -m benchmarks.inbox`. The floor are the writes alone that keep a mail (its document, its bytes, its job), by as
many at a time. The mails are answers of different people to a newsletter: each is matched with what it answers, and
recorded.
"""

import hashlib
import hmac
import itertools
import sys
import time
from typing import Final

from beanie import PydanticObjectId
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from app import create_app
from benchmarks.timing import HEAD, show_lanes
from core import clock, event_loop, logs
from core.actor import Actor
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_jobs import EmailJob
from models.files import CHUNK_SIZE, File, FileChunk
from models.inbound_messages import KEPT, InboundMessage, InboundProvider, InboundStatus
from resolvers.inbound_processing import process_inbound_message

BOUND_MILLISECONDS: Final = 100
MAILS: Final = 600
AT_ONCE: Final = 8
"""As many jobs as a process does at a time."""
SECRET: Final = "a secret of the benchmarks"
SETTINGS: Final = Settings(
    secret_key=SecretStr("a secret of the benchmarks, 32 characters"),
    inbound_raw_secrets=(SecretStr(SECRET),),
    inbound_domain="in.example.com",
    log_level="WARNING",
)
WORKER: Final = Actor.system("benchmark")
QUOTED: Final = "".join(f"> Line {number} of what was said before.\n" for number in range(40))
_numbers: Final = itertools.count()


async def main() -> None:
    logs.configure(SETTINGS)
    with EmbeddedMongo() as database:
        async with running(SETTINGS, database.url, DOCUMENTS):
            transport = ASGITransport(create_app(SETTINGS, database.url))
            async with AsyncClient(transport=transport, base_url="http://benchmark") as client:
                event_loop.settled()
                sys.stdout.write(HEAD)
                for at_once in (1, 16):
                    await show_lanes(f"the writes, {at_once} at a time", _writes, MAILS, at_once)
                    await show_lanes(f"a mail, {at_once} at a time", lambda: _receive(client), MAILS, at_once)
                waiting = InboundMessage.find({"status": InboundStatus.RECEIVED.value})
                ids = iter([str(message.id) for message in await waiting.to_list()])
                await show_lanes(f"worked off, {AT_ONCE} at a time", lambda: _process(next(ids)), MAILS, AT_ONCE)
    sys.stdout.write(f"Each mail is to be answered within {BOUND_MILLISECONDS} ms.\n")


async def _writes() -> None:
    now, raw, number = clock.now(), _mail(PydanticObjectId()), next(_numbers)
    message = InboundMessage(
        provider=InboundProvider.RAW,
        message_id=f"<floor-{number}@tea.example>",
        recipient="floor",
        size=len(raw),
        raw_id=PydanticObjectId(),
        raw_expires_at=None,
        status=InboundStatus.UNMATCHED,
        expires_at=now + KEPT,
    )
    await message.insert()
    await FileChunk(files_id=message.id, n=0, data=raw[:CHUNK_SIZE]).insert()
    await File(id=message.id, length=len(raw), upload_date=now, filename="floor").insert()
    await EmailJob(type="floor", max_attempts=1, scheduled_at=now, visible_at=now).insert()


async def _receive(client: AsyncClient) -> None:
    """The client's work is measured too, and the newsletter that is answered."""
    identity = PydanticObjectId()
    await Delivery(
        id=identity,
        app_id="banners",
        source=f"benchmark:{identity}",
        kind=DeliveryKind.CAMPAIGN,
        category=ConsentCategory.NEWSLETTER,
        content="campaign:0",
        email=f"{identity}@tea.example",
        message_id=f"<{identity}@banners.example>",
        status=DeliveryStatus.SENT,
    ).insert()
    raw, timestamp = _mail(identity), str(int(time.time()))
    signature = hmac.digest(SECRET.encode(), f"{timestamp}.".encode() + raw, hashlib.sha256).hex()
    headers = {"x-timestamp": timestamp, "x-signature": f"sha256={signature}", "content-type": "message/rfc822"}
    answer = await client.post("/webhooks/inbound/raw", content=raw, headers=headers)
    if answer.json() != {"success": True, "message": "Received"}:
        raise RuntimeError(answer.text)


async def _process(message_id: str) -> None:
    done = await process_inbound_message(WORKER, message_id)
    if done is None or done.outcomes != ["Recorded a reply"]:
        raise RuntimeError(done)


def _mail(answered: PydanticObjectId) -> bytes:
    return (
        f"From: Ada <{answered}@tea.example>\r\nTo: news@in.example.com\r\nSubject: Re: News\r\n"
        f"Message-ID: <answer-{answered}@tea.example>\r\nIn-Reply-To: <{answered}@banners.example>\r\n"
        "Date: Tue, 04 Mar 2025 10:00:00 +0100\r\n\r\nDoes that work with the free plan?\r\n\r\n"
        f"On Tue, Mar 4, 2025 at 9:12 AM Sam <sam@banners.example> wrote:\r\n{QUOTED}"
    ).encode()


if __name__ == "__main__":
    event_loop.run(main())
