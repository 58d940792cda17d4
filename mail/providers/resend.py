"""Mail by Resend's HTTP interface (https://resend.com/docs/api-reference/emails/send-email).

The delivery's id goes along as `Idempotency-Key`: for 24 hours Resend answers a repeated message as it answered the
first time, and sends nothing. So a request that nobody answered may be made again.
"""

import asyncio
import re
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import orjson

from core import clock
from mail.bounces import Bounce
from mail.headers import Address
from mail.message import DELIVERY_TAG, Outgoing
from mail.providers import Outcome, Receipt, Unavailable

PATIENCE_SECONDS: Final = 30.0
LONGEST_HOLD: Final = 5.0
"""Seconds that a message is held back for the rate limit; where Resend asks for more it is deferred."""
PAUSE: Final = 1.0
"""Seconds after an answer that asks for patience and does not say how long."""
LONGEST_PAUSE: Final = 24 * 3600.0
LONGEST_RESPONSE: Final = 500
SPECIAL: Final = re.compile(r'[()<>\[\]:;@\\,."]')

ANOTHER_BODY: Final = "invalid_idempotent_request"
"""A message of this delivery was taken before, with other content."""
SENDS_ALONE: Final = "restricted_api_key"
"""A key that may send and nothing else says so when it is asked for anything else."""
PASSING: Final = frozenset({401, 404, 405, 408, 429})
PASSING_NAMES: Final = frozenset({"concurrent_idempotent_requests", "missing_api_key", "invalid_api_key", SENDS_ALONE})
"""A wrong key or address of Resend is our configuration's fault, not the message's."""


class ResendProvider:
    """`at_once` is small: by default a company may make 5 requests a second (2 in older accounts)."""

    name = "resend"
    repeatable = True
    at_once = 4

    def __init__(self, api_key: str, url: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "all-over-apps"},
            timeout=patience,
            follow_redirects=False,
        )
        self._not_before = 0.0
        """When the next request may be made, by the loop's clock."""

    async def send(self, message: Outgoing) -> Receipt:
        if (hold := self._not_before - asyncio.get_running_loop().time()) > LONGEST_HOLD:
            return Receipt(Outcome.DEFERRED, "Resend asked for a pause", retry_after=hold)
        await asyncio.sleep(hold)
        try:
            response = await self._client.post(
                "/emails", json=_email(message), headers={"Idempotency-Key": str(message.delivery)}
            )
        except httpx.RequestError as error:
            return Receipt(Outcome.DEFERRED, f"Resend does not answer: {type(error).__name__}", retry_after=PAUSE)
        return self._receipt(response)

    async def check(self) -> str:
        try:
            response = await self._client.get("/domains")
        except httpx.RequestError as error:
            raise Unavailable(f"Resend does not answer: {type(error).__name__}") from None
        if response.is_success or _body(response).get("name") == SENDS_ALONE:
            return "Resend"
        raise Unavailable(f"Resend answers {_said(response)}")

    async def close(self) -> None:
        await self._client.aclose()

    def _receipt(self, response: httpx.Response) -> Receipt:
        status, said, retry_after = response.status_code, _said(response), self._pause(response)
        body = _body(response)
        name, provider_id = body.get("name"), body.get("id")
        if response.is_success:
            return Receipt(Outcome.ACCEPTED, said, provider_id=provider_id if isinstance(provider_id, str) else None)
        if name == ANOTHER_BODY:
            return Receipt(Outcome.UNCERTAIN, said)
        if not 400 <= status < 500 or status in PASSING or name in PASSING_NAMES:
            return Receipt(Outcome.DEFERRED, said, retry_after=PAUSE if retry_after is None else retry_after)
        # What it does not take is the request: of the recipient nobody was asked yet.
        return Receipt(Outcome.REFUSED, said, bounce=Bounce.POLICY)

    def _pause(self, response: httpx.Response) -> float | None:
        """Holds the next messages back where Resend wants a pause; what it asked for by `Retry-After`, in seconds."""
        asked = _seconds(response.headers.get("retry-after", ""))
        hold = asked or 0.0
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            hold = asked or PAUSE
        elif response.headers.get("ratelimit-remaining") == "0":
            hold = _seconds(response.headers.get("ratelimit-reset", "")) or 0.0
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + hold)
        return asked


def _email(message: Outgoing) -> dict[str, Any]:
    """Date and MIME are written by Resend. Its webhooks repeat the tags."""
    email: dict[str, Any] = {
        "from": _mailbox(message.sender),
        "to": [_mailbox(message.recipient)],
        "subject": message.body.subject,
        "text": message.body.text,
        "headers": dict(message.headers),
        "tags": [{"name": DELIVERY_TAG, "value": str(message.delivery)}],
    }
    if message.reply_to is not None:
        email["reply_to"] = [_mailbox(message.reply_to)]
    if message.body.html is not None:
        email["html"] = message.body.html
    return email


def _mailbox(address: Address) -> str:
    """JSON is Unicode: a name is not encoded as a header's would be."""
    if not address.name:
        return address.email
    escaped = address.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address.email}>' if SPECIAL.search(address.name) else f"{address.name} <{address.email}>"


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _said(response: httpx.Response) -> str:
    body = _body(response)
    words = [str(body[name]) for name in ("name", "message") if isinstance(body.get(name), str)]
    return f"{response.status_code} {': '.join(words)}"[:LONGEST_RESPONSE].strip()


def _seconds(value: str) -> float | None:
    """A number of seconds, or a date (RFC 9110, 10.2.3)."""
    if value.isdecimal():
        return min(float(value), LONGEST_PAUSE)
    try:
        left = (parsedate_to_datetime(value) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(left, 0.0), LONGEST_PAUSE)
