"""How each service posts a mail that it received: how it says that it is that service, and where the mail is in what it
posts. Always the mail as it came, never what the service read out of it: there is one reader, and it is ours.

https://postmarkapp.com/developer/webhooks/inbound-webhook
https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import orjson
from pydantic import SecretStr
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File

from core.errors import InvalidInput
from core.settings import Settings
from mail.inbound.reading import MAX_MAIL
from models.inbound_messages import InboundProvider
from resolvers.webhook_payloads import payload_of
from resolvers.webhook_signatures import (
    SignedRequest,
    check_mailgun,
    check_password,
    check_sendgrid,
    check_timed_hex,
    checked_id,
)

URLENCODED: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 1000
FIELDS_BESIDES: Final = 1_000_000
"""Bytes of a form besides the mail: services add what they read out of it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it came, and to which of our addresses as far as the service says: without one the mail itself tells.
    `receipt` is what the request is called, where it is good for one mail only."""

    raw: bytes
    recipients: Sequence[str] = ()
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """`largest` is the size of a request, in bytes, that may have a mail of the largest size in it. `open` raises
    `Unauthenticated` for what does not come from the service, and `InvalidInput` for what is no mail."""

    setting: str
    secrets: Callable[[Settings], Sequence[SecretStr]]
    largest: int
    open: Callable[[Sequence[SecretStr], SignedRequest], Arrival]


def _from_postmark(passwords: Sequence[SecretStr], request: SignedRequest) -> Arrival:
    check_password(passwords, request)
    payload = payload_of(request.body)
    raw, recipient = payload.get("RawEmail"), payload.get("OriginalRecipient")
    if not isinstance(raw, str) or not raw:
        raise InvalidInput("RawEmail is missing: switch on “Include raw email content in JSON payload”", "RawEmail")
    return Arrival(raw.encode("utf-8", "replace"), [recipient] if isinstance(recipient, str) else [])


def _from_mailgun(keys: Sequence[SecretStr], request: SignedRequest) -> Arrival:
    fields = _form(request)
    token = _text(fields, "token")
    check_mailgun(keys, _text(fields, "timestamp"), token, _text(fields, "signature"))
    raw = fields.get("body-mime", b"")
    if not raw:
        raise InvalidInput("body-mime is missing: let the address that Mailgun posts to end in ?mime", "body-mime")
    return Arrival(raw, _text(fields, "recipient").split(","), f"mailgun:{checked_id(token, 'token')}")


def _from_sendgrid(keys: Sequence[SecretStr], request: SignedRequest) -> Arrival:
    check_sendgrid(keys, request)
    fields = _form(request)
    raw = fields.get("email", b"")
    if not raw:
        raise InvalidInput("email is missing: switch on “POST the raw, full MIME message”", "email")
    return Arrival(raw, _recipients_in_envelope(fields.get("envelope", b"")))


def _from_anybody(secrets: Sequence[SecretStr], request: SignedRequest) -> Arrival:
    check_timed_hex(secrets, request)
    if not request.body.strip():
        raise InvalidInput("The body must be a mail (message/rfc822)")
    return Arrival(request.body)


ADAPTERS: Final[Mapping[InboundProvider, Adapter]] = {
    # Postmark repeats what it read out of the mail, files in Base64 among it.
    InboundProvider.POSTMARK: Adapter(
        "INBOUND_POSTMARK_PASSWORDS", lambda settings: settings.inbound_postmark_passwords, 3 * MAX_MAIL, _from_postmark
    ),
    InboundProvider.MAILGUN: Adapter(
        "INBOUND_MAILGUN_KEYS", lambda settings: settings.inbound_mailgun_keys, 2 * MAX_MAIL, _from_mailgun
    ),
    InboundProvider.SENDGRID: Adapter(
        "INBOUND_SENDGRID_KEYS",
        lambda settings: settings.inbound_sendgrid_keys,
        MAX_MAIL + FIELDS_BESIDES,
        _from_sendgrid,
    ),
    InboundProvider.RAW: Adapter(
        "INBOUND_RAW_SECRETS", lambda settings: settings.inbound_raw_secrets, MAX_MAIL, _from_anybody
    ),
}
"""Resend is not among them: what it posts is not the mail, but where to fetch it."""


def _form(request: SignedRequest) -> Mapping[str, bytes]:
    """The fields and files of a form, the first of each name. Raises `InvalidInput` for what is no form."""
    fields: dict[str, bytes] = {}

    def take_field(field: Field) -> None:
        fields.setdefault((field.field_name or b"").decode("utf-8", "replace"), field.value or b"")

    def take_file(file: File) -> None:
        file.file_object.seek(0)
        fields.setdefault((file.field_name or b"").decode("utf-8", "replace"), file.file_object.read())

    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == URLENCODED:
        for pair in request.body.split(b"&", MOST_FIELDS):
            name, _, value = (unquote_to_bytes(part.replace(b"+", b" ")) for part in pair.partition(b"="))
            fields.setdefault(name.decode("utf-8", "replace"), value)
        return fields
    try:
        parse_form({"Content-Type": kind.encode("latin-1", "replace")}, io.BytesIO(request.body), take_field, take_file)
    except (FormParserError, ValueError) as error:
        raise InvalidInput(f"The body must be a form: {error}") from None
    return fields


def _text(fields: Mapping[str, bytes], name: str) -> str:
    return fields.get(name, b"").decode("utf-8", "replace").strip()


def _recipients_in_envelope(envelope: bytes) -> Sequence[str]:
    """As SendGrid writes it: `{"to": ["…"], "from": "…"}`."""
    try:
        said: Any = orjson.loads(envelope)
    except orjson.JSONDecodeError:
        said = None
    recipients = said.get("to") if isinstance(said, dict) else None
    return [one for one in recipients if isinstance(one, str)] if isinstance(recipients, list) else []
