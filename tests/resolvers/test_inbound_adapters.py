"""Each service's way to post a mail is understood, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from core import clock
from core.actor import Actor
from core.errors import InvalidInput, NotFound, Unauthenticated
from core.runtime import Runtime, start
from models.email_jobs import EmailJob
from models.inbound_messages import InboundMessage, InboundProvider, InboundStatus
from models.webhook_events import WebhookEvent
from resolvers.inbound_reading import raw_of
from resolvers.inbound_receiving import PROCESS
from resolvers.webhook_signatures import SignedRequest
from resolvers.webhooks import check_inbound_webhook, receive_inbound_webhook
from tests.conftest import SETTINGS
from tests.factories.inbound import (
    DOMAIN,
    SENDGRID_PRIVATE,
    a_mail,
    from_anybody,
    from_mailgun,
    from_postmark,
    from_sendgrid,
    secret_of,
)
from tests.factories.webhooks import from_resend

NOBODY = Actor.anonymous()
DAY = 24 * 3600
Post = Callable[..., SignedRequest]
POSTS: dict[str, Post] = {
    "postmark": from_postmark,
    "mailgun": from_mailgun,
    "sendgrid": from_sendgrid,
    "raw": from_anybody,
}
OLDER: dict[str, dict[str, Any]] = {
    "postmark": {"password": secret_of(SETTINGS.inbound_postmark_passwords, 1)},
    "mailgun": {"key": secret_of(SETTINGS.inbound_mailgun_keys, 1)},
    "sendgrid": {"private": SENDGRID_PRIVATE[1]},
    "raw": {"secret": secret_of(SETTINGS.inbound_raw_secrets, 1)},
}
WRONG: dict[str, dict[str, Any]] = {
    "postmark": {"password": "wrong"},
    "mailgun": {"key": "wrong"},
    "sendgrid": {"private": 4711},
    "raw": {"secret": "wrong"},
}
each = pytest.mark.parametrize("provider", POSTS)
each_signed = pytest.mark.parametrize("provider", ["mailgun", "sendgrid", "raw"])


@pytest.fixture(autouse=True)
def receiving(platform: Runtime) -> Runtime:
    return start(platform.settings.model_copy(update={"inbound_domain": DOMAIN}), platform.mongo)


async def posted(provider: str, request: SignedRequest) -> bool:
    return (await receive_inbound_webhook(NOBODY, provider, request)).is_new


class TestWorks:
    @each
    async def test_the_mail_is_kept_as_it_came_and_has_a_job(self, provider: str) -> None:
        raw = a_mail("Grüße und 你好", message_id="<1@tea.example>")
        assert await posted(provider, POSTS[provider](raw))
        (message,) = await InboundMessage.find_all().to_list()
        assert (message.provider, message.message_id) == (InboundProvider(provider), "<1@tea.example>")
        assert (message.recipient, message.status) == (f"hello@{DOMAIN}", InboundStatus.RECEIVED)
        assert await raw_of(message) == raw
        (job,) = await EmailJob.find_all().to_list()
        assert (job.type, job.payload) == (PROCESS, {"inboundMessageId": str(message.id)})

    @each
    async def test_the_secret_before_counts_too(self, provider: str) -> None:
        assert await posted(provider, POSTS[provider](a_mail(), **OLDER[provider]))

    async def test_the_envelope_says_to_whom_it_came(self) -> None:
        for provider in ("postmark", "mailgun", "sendgrid"):
            await posted(provider, POSTS[provider](a_mail(to="everybody@tea.example"), f"Reply+A@{DOMAIN}"))
        recipients = {message.recipient for message in await InboundMessage.find_all().to_list()}
        assert recipients == {f"reply+a@{DOMAIN}"}

    async def test_resend_says_that_there_is_a_mail_which_is_fetched_later(self) -> None:
        data = {
            "email_id": "4ef9a417-02e9-4d39-ad75-9611e0fcc33c",
            "to": [f"hello@{DOMAIN}"],
            "from": "ada@tea.example",
        }
        request = from_resend({"type": "email.received", "created_at": "2026-01-31T09:00:00Z", "data": data}, id="m1")
        assert await posted("resend", request)
        assert not await posted("resend", request)
        (event,) = await WebhookEvent.find_all().to_list()
        assert (event.topic, event.event_id) == ("email.received", "m1")
        assert await EmailJob.count() == 1


class TestAgain:
    @each
    async def test_a_request_that_is_sent_again_has_no_second_effect(self, provider: str) -> None:
        request = POSTS[provider](a_mail())
        assert [await posted(provider, request) for _ in range(2)] == [True, False]
        assert (await InboundMessage.count(), await EmailJob.count()) == (1, 1)

    async def test_the_same_mail_by_another_way_is_the_same_mail(self) -> None:
        raw = a_mail()
        assert [await posted(provider, POSTS[provider](raw)) for provider in POSTS] == [True, False, False, False]

    @each_signed
    async def test_a_request_of_old_is_refused(self, provider: str) -> None:
        for at in (clock.now().timestamp() - 5 * DAY, clock.now().timestamp() + 5 * DAY):
            with pytest.raises(Unauthenticated):
                await posted(provider, POSTS[provider](a_mail(), at=at))

    async def test_a_signature_of_mailgun_is_good_for_one_mail(self) -> None:
        assert await posted("mailgun", from_mailgun(a_mail(), token="t" * 50))
        with pytest.raises(Unauthenticated, match="used before"):
            await posted("mailgun", from_mailgun(a_mail(), token="t" * 50))
        assert await InboundMessage.count() == 1


class TestWhoMay:
    @each
    async def test_a_wrong_secret_is_refused(self, provider: str) -> None:
        with pytest.raises(Unauthenticated):
            await posted(provider, POSTS[provider](a_mail(), **WRONG[provider]))
        assert await InboundMessage.count() == 0

    @each
    async def test_a_request_without_a_credential_is_refused(self, provider: str) -> None:
        request = POSTS[provider](a_mail())
        kept = {"content-type": request.headers["content-type"]}
        body = request.body.replace(b"signature=", b"sign=") if provider == "mailgun" else request.body
        with pytest.raises(Unauthenticated):
            await posted(provider, SignedRequest(body, kept))

    @pytest.mark.parametrize("provider", ["sendgrid", "raw"])
    async def test_a_changed_byte_is_refused(self, provider: str) -> None:
        request = POSTS[provider](a_mail())
        for place in range(0, len(request.body), 37):
            changed = bytearray(request.body)
            changed[place] ^= 1
            with pytest.raises(Unauthenticated):
                await posted(provider, replace(request, body=bytes(changed)))

    async def test_what_mailgun_signs_can_not_be_changed(self) -> None:
        body = from_mailgun(a_mail(), token="t" * 50).body
        for changed in (body.replace(b"t" * 50, b"u" * 50), body.replace(b"signature=", b"signature=0")):
            with pytest.raises(Unauthenticated):
                await posted("mailgun", SignedRequest(changed, {"content-type": "application/x-www-form-urlencoded"}))

    @each
    async def test_nothing_is_taken_before_there_is_a_secret(self, provider: str, receiving: Runtime) -> None:
        names = ("postmark_passwords", "mailgun_keys", "sendgrid_keys", "raw_secrets")
        none = {f"inbound_{name}": () for name in names}
        start(receiving.settings.model_copy(update=none), receiving.mongo)
        with pytest.raises(Unauthenticated, match="is not set"):
            await check_inbound_webhook(NOBODY, provider)
        with pytest.raises(Unauthenticated, match="is not set"):
            await posted(provider, POSTS[provider](a_mail()))


class TestValidation:
    @pytest.mark.parametrize("provider", ["smtp", "lmtp", "shopify", "RAW", "", "$ne"])
    async def test_other_services_are_unknown(self, provider: str) -> None:
        with pytest.raises(NotFound):
            await check_inbound_webhook(NOBODY, provider)
        with pytest.raises(NotFound):
            await posted(provider, from_anybody(a_mail()))

    async def test_what_the_service_read_out_of_the_mail_is_not_enough(self) -> None:
        request = from_postmark(a_mail())
        parsed = orjson.dumps({**orjson.loads(request.body), "RawEmail": None})
        with pytest.raises(InvalidInput, match="Include raw email"):
            await posted("postmark", replace(request, body=parsed))
        with pytest.raises(InvalidInput, match=r"\?mime"):
            await posted("mailgun", from_mailgun(b""))
        with pytest.raises(InvalidInput, match="raw, full MIME"):
            await posted("sendgrid", from_sendgrid(b""))
        with pytest.raises(InvalidInput, match="must be a mail"):
            await posted("raw", from_anybody(b" \n"))

    @pytest.mark.parametrize("body", [b"[]", b"{", b"", b"\xff"])
    async def test_what_is_no_form_or_json_is_said_to_be_none(self, body: bytes) -> None:
        headers = from_postmark(a_mail()).headers
        with pytest.raises(InvalidInput):
            await posted("postmark", SignedRequest(body, headers))
        with pytest.raises((InvalidInput, Unauthenticated)):
            await posted("mailgun", SignedRequest(body, {"content-type": "multipart/form-data; boundary=x"}))
        with pytest.raises((InvalidInput, Unauthenticated)):
            await posted("mailgun", SignedRequest(body, {"content-type": "text/plain"}))
