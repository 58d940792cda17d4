"""Mail that Resend received: its webhook says that there is one, and the mail is fetched.

https://resend.com/docs/api-reference/emails/retrieve-received-email
"""

from typing import Any, Final

import httpx
from pydantic import Field, ValidationError

from core.errors import InvalidInput, Unavailable
from core.inputs import invalid_input, origin_of
from core.outgoing import fetch
from core.runtime import runtime
from mail.inbound.reading import MAX_MAIL
from models.inbound_messages import InboundProvider
from models.webhook_events import WebhookEvent
from resolvers.inbound_receiving import keep_inbound_mail
from resolvers.mail_webhooks import follow_mail_event
from resolvers.webhook_events import KEEPER
from resolvers.webhook_payloads import Followed, Said, payload_of

RECEIVED: Final = "email.received"
"""Resend's word for it."""
PATIENCE_SECONDS: Final = 20.0
GONE: Final = frozenset({404, 410})
ID: Final = r"^[A-Za-z0-9-]{1,64}$"


class ReceivedData(Said):
    email_id: str = Field(pattern=ID)
    received_for: list[str] = Field(default_factory=list, max_length=1000)


class ReceivedPayload(Said):
    data: ReceivedData


async def follow_resend_event(event: WebhookEvent) -> Followed:
    """Fetches and keeps mail that was received; what became of mail that was sent is recorded. Doing it again has no
    second effect.

    Raises `Unavailable` where the mail can't be had now, `InvalidInput` where it is not to be had at all.
    """
    if event.topic != RECEIVED:
        return await follow_mail_event(event)
    try:
        data = ReceivedPayload.model_validate(payload_of(event.payload or "")).data
    except ValidationError as error:
        raise invalid_input(error) from None
    raw = await _fetched(data.email_id)
    is_new = await keep_inbound_mail(KEEPER, InboundProvider.RESEND, raw, data.received_for)
    # What it said of people is in the mail, where it is found and taken away.
    return Followed("Fetched the mail" if is_new else "The mail was known already", forget=True)


async def _fetched(email_id: str) -> bytes:
    settings = runtime().settings
    if settings.resend_api_key is None:
        raise InvalidInput("RESEND_API_KEY is not set: the mail can't be fetched")
    headers = {"Authorization": f"Bearer {settings.resend_api_key.get_secret_value()}", "User-Agent": "all-over-apps"}
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False) as client:
            answer = await client.get(f"{settings.resend_url}/emails/receiving/{email_id}", headers=headers)
    except httpx.RequestError as error:
        raise Unavailable(f"Resend does not answer: {type(error).__name__}") from None
    if answer.status_code in GONE:
        raise InvalidInput("Resend does not have this mail (any more)")
    if not answer.is_success:
        raise Unavailable(f"Resend answers {answer.status_code}")
    # Who sets another RESEND_URL than Resend's vouches for it.
    trusted = [origin_of(settings.resend_url)]
    file = await fetch(_download_url(answer), most=MAX_MAIL, trusted=trusted, patience=PATIENCE_SECONDS)
    if file.status != 200:
        raise Unavailable(f"Resend's file answers {file.status}")
    return file.body


def _download_url(answer: httpx.Response) -> str:
    """It works for a while, and is asked for anew each time."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = None
    raw = said.get("raw") if isinstance(said, dict) else None
    url = raw.get("download_url") if isinstance(raw, dict) else None
    if not isinstance(url, str):
        raise Unavailable("Resend does not say where the mail is")
    return url
