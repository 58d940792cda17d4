"""Mail that Resend received is fetched where it says: a real server answers as its documentation says it does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr

from core.actor import Actor
from core.errors import Unavailable
from core.runtime import Runtime, start
from models.inbound_messages import InboundMessage, InboundProvider
from models.webhook_events import WebhookEvent, WebhookEventStatus
from resolvers.inbound_reading import raw_of
from resolvers.webhook_processing import process_webhook_event
from resolvers.webhooks import receive_inbound_webhook, receive_resend_webhook
from tests.factories.inbound import DOMAIN, SYSTEM, a_mail
from tests.factories.webhooks import from_resend
from tests.mail.test_resend import KEY, Answer, Api

ID = "4ef9a417-02e9-4d39-ad75-9611e0fcc33c"
RECEIVED = {
    "type": "email.received",
    "created_at": "2026-02-22T23:41:12.126Z",
    "data": {
        "email_id": ID,
        "created_at": "2026-02-22T23:41:11.894719+00:00",
        "from": "Ada <ada@tea.example>",
        "to": [f"hello@{DOMAIN}"],
        "message_id": "<1@tea.example>",
        "subject": "Re: The banner",
        "attachments": [],
    },
}
"""https://resend.com/docs/dashboard/webhooks/event-types"""


@pytest_asyncio.fixture
async def api(platform: Runtime) -> AsyncIterator[Api]:
    resend = Api([])
    server = await asyncio.start_server(resend.serve, "127.0.0.1", 0)
    resend.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    given = {"resend_api_key": SecretStr(KEY), "resend_url": resend.url, "inbound_domain": DOMAIN}
    start(platform.settings.model_copy(update=given), platform.mongo)
    yield resend
    server.close()


def where(api: Api) -> Answer:
    return 200, {"object": "email", "id": ID, "raw": {"download_url": f"{api.url}/raw?signature=s"}}, {}


async def an_event() -> WebhookEvent:
    await receive_inbound_webhook(Actor.anonymous(), "resend", from_resend(RECEIVED))
    event = await WebhookEvent.find_one()
    assert event is not None
    return event


async def test_it_is_fetched_and_kept(api: Api) -> None:
    raw = a_mail(message_id="<1@tea.example>")
    api.answers = [where(api), (200, raw.decode(), {})]
    done = await process_webhook_event(SYSTEM, str((await an_event()).id))
    assert done is not None
    assert (done.status, done.outcome, done.payload) == (WebhookEventStatus.PROCESSED, "Fetched the mail", None)
    (message,) = await InboundMessage.find_all().to_list()
    assert (message.provider, message.recipient) == (InboundProvider.RESEND, f"hello@{DOMAIN}")
    assert await raw_of(message) == raw
    (asked, headers, _), (fetched, secrets, _) = api.requests
    assert (asked, headers["authorization"]) == (f"GET /emails/receiving/{ID}", f"Bearer {KEY}")
    assert (fetched, "authorization" in secrets) == ("GET /raw?signature=s", False)


async def test_the_path_of_its_other_webhooks_takes_it_too(api: Api) -> None:
    assert (await receive_resend_webhook(Actor.anonymous(), from_resend(RECEIVED))).is_new
    event = await WebhookEvent.find_one()
    assert event is not None
    assert event.status is WebhookEventStatus.RECEIVED


@pytest.mark.parametrize(
    "answers",
    [[None], [(500, "", {})], [(200, {"raw": None}, {})], [(200, "no", {})]],
    ids=str,
)
async def test_what_can_not_be_had_now_is_tried_again(api: Api, answers: list[Answer | None]) -> None:
    event = await an_event()
    api.answers = answers
    with pytest.raises(Unavailable):
        await process_webhook_event(SYSTEM, str(event.id))
    api.answers = [where(api), (403, "expired", {})]
    with pytest.raises(Unavailable):
        await process_webhook_event(SYSTEM, str(event.id))
    assert await InboundMessage.count() == 0


async def test_what_is_gone_there_has_failed(api: Api) -> None:
    api.answers = [(404, {"name": "not_found"}, {})]
    done = await process_webhook_event(SYSTEM, str((await an_event()).id))
    assert done is not None
    assert (done.status, done.problem) == (WebhookEventStatus.FAILED, "Resend does not have this mail (any more)")


async def test_it_is_never_fetched_from_inside(api: Api) -> None:
    inside = {"raw": {"download_url": "https://169.254.169.254/latest"}}
    api.answers = [(200, inside, {})]
    done = await process_webhook_event(SYSTEM, str((await an_event()).id))
    assert done is not None
    assert (done.status, "not public" in str(done.problem)) == (WebhookEventStatus.FAILED, True)
