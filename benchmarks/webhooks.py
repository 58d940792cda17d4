"""How soon a sender of webhooks is answered: signature, two inserts, 200. The bound is 100 ms.

`python -m benchmarks.webhooks`. The floor are the two inserts alone (`w: majority`, the embedded database, which writes
through to its file), by as many at a time.
"""

import itertools
import sys
from datetime import UTC, datetime
from typing import Final

import orjson
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from app import create_app
from benchmarks.timing import HEAD, show_lanes
from core import clock, event_loop, logs
from core.runtime import running
from core.settings import Settings
from embedded_mongo.process import EmbeddedMongo
from models import DOCUMENTS
from models.email_jobs import EmailJob
from models.webhook_events import KEPT, WebhookEvent, WebhookEventStatus, WebhookProvider

BOUND_MILLISECONDS: Final = 100
REQUESTS: Final = 1000
SECRET: Final = "whsec_YSBzZWNyZXQgb2YgdGhlIGJlbmNobWFya3M="
SETTINGS: Final = Settings(
    secret_key=SecretStr("a secret of the benchmarks, 32 characters"),
    resend_webhook_secrets=(SecretStr(SECRET),),
    log_level="WARNING",
)
BODY: Final = orjson.dumps(
    {
        "type": "email.bounced",
        "created_at": "2026-01-31T09:00:00.000Z",
        "data": {
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Acme <news@acme.example>",
            "to": ["ada@tea.example"],
            "bounce": {"type": "Permanent", "subType": "General", "message": "The address does not exist"},
        },
    }
)
_numbers: Final = itertools.count()


async def main() -> None:
    logs.configure(SETTINGS)
    with EmbeddedMongo() as database:
        async with running(SETTINGS, database.url, DOCUMENTS):
            transport = ASGITransport(create_app(SETTINGS, database.url))
            async with AsyncClient(transport=transport, base_url="http://benchmark") as client:
                event_loop.settled()
                sys.stdout.write(HEAD)
                for at_once in (1, 16, 64):
                    await show_lanes(f"two inserts, {at_once} at a time", _two_inserts, REQUESTS, at_once)
                    await show_lanes(f"a webhook, {at_once} at a time", lambda: _webhook(client), REQUESTS, at_once)
    sys.stdout.write(f"Each webhook is to be answered within {BOUND_MILLISECONDS} ms.\n")


async def _two_inserts() -> None:
    now = clock.now()
    event = WebhookEvent(
        provider=WebhookProvider.RESEND,
        event_id=f"floor_{next(_numbers)}",
        topic="email.bounced",
        payload=BODY.decode(),
        status=WebhookEventStatus.PROCESSED,
        expires_at=now + KEPT,
    )
    await event.insert()
    await EmailJob(type="floor", max_attempts=1, scheduled_at=now, visible_at=now).insert()


async def _webhook(client: AsyncClient) -> None:
    """The client's work is measured too."""
    message, now = f"msg_{next(_numbers)}", datetime.now(UTC)
    headers = {
        "svix-id": message,
        "svix-timestamp": str(int(now.timestamp())),
        "svix-signature": Webhook(SECRET).sign(message, now, BODY.decode()),
    }
    answer = await client.post("/webhooks/resend", content=BODY, headers=headers)
    if answer.json() != {"success": True, "processed": True, "eventId": message}:
        raise RuntimeError(answer.text)


if __name__ == "__main__":
    event_loop.run(main())
