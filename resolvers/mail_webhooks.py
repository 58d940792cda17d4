"""What providers of mail tell of a mail becomes an event in its log, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from beanie import PydanticObjectId
from pydantic import Field, ValidationError
from pydantic.alias_generators import to_camel

from core import clock
from core.errors import Unavailable
from core.ids import object_id
from core.inputs import invalid_input
from mail.bounces import classify
from mail.message import DELIVERY_TAG
from models.deliveries import Delivery
from models.email_events import BounceKind, EmailEventType
from models.webhook_events import WebhookEvent, WebhookProvider
from resolvers.email_events import ONCE, event_about, record_event
from resolvers.webhook_payloads import Followed, LenientMoment, Said, payload_of

TYPES: Final[Mapping[str, EmailEventType]] = {
    "sent": EmailEventType.SENT,
    "delivered": EmailEventType.DELIVERED,
    "delivery_delayed": EmailEventType.DELAYED,
    "bounced": EmailEventType.BOUNCED,
    "complained": EmailEventType.COMPLAINED,
    "failed": EmailEventType.FAILED,
    "suppressed": EmailEventType.SUPPRESSED,
}
"""By the provider's word. Opens and clicks are not among them: our own pixel and links count those, and who is not
tracked by us is not to be tracked by anybody."""
PREFIX: Final = "email."
SMTP: Final = "smtp"
MESSAGE_ID: Final = re.compile(r"<?([0-9a-f]{24})@")
LONGEST_DETAIL: Final = 500

ADDRESS_IS_THE_REASON: Final = frozenset({"noemail", "suppressed", "onaccountsuppressionlist"})
MAIL_IS_THE_REASON: Final = frozenset({"messagetoolarge", "contentrejected", "attachmentrejected"})
PERMANENT: Final = frozenset({"permanent", "hard"})


class SaidOfBounce(Said):
    """In the words of Amazon SES, as Resend passes them on. `diagnosticCode` is what the receiving server said."""

    type: str = ""
    sub_type: str = Field("", alias="subType")
    message: str = ""
    diagnostic_code: list[str] | str = Field(default_factory=list, alias="diagnosticCode")

    @property
    def diagnosis(self) -> str:
        return self.diagnostic_code if isinstance(self.diagnostic_code, str) else " ".join(self.diagnostic_code)

    @property
    def detail(self) -> str:
        return f"{self.diagnosis} {self.message}".strip()


class SaidOfFailure(Said):
    reason: str = ""
    message: str = ""
    type: str = ""


class ResendData(Said):
    email_id: str | None = None
    message_id: str | None = None
    tags: dict[str, Any] | list[dict[str, Any]] = Field(default_factory=dict)
    bounce: SaidOfBounce | None = None
    failed: SaidOfFailure = SaidOfFailure()
    suppressed: SaidOfFailure = SaidOfFailure()

    @property
    def delivery(self) -> Any:
        if isinstance(self.tags, dict):
            return self.tags.get(DELIVERY_TAG)
        return next((tag.get("value") for tag in self.tags if tag.get("name") == DELIVERY_TAG), None)


class ResendPayload(Said):
    type: str
    created_at: LenientMoment = None
    data: ResendData


class ColdPayload(Said):
    """`messageId` is what the provider calls the mail, or the mail's own Message-ID."""

    model_config = Said.model_config | {"alias_generator": to_camel}

    type: str
    occurred_at: LenientMoment = None
    message_id: str = Field(min_length=1, max_length=300)
    bounce: SaidOfBounce | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says of a mail, whichever provider it is; `provider_id` and `delivery_id` say of which."""

    type: EmailEventType
    at: datetime | None
    provider_id: str | None
    delivery_id: PydanticObjectId | None
    bounce: BounceKind | None
    detail: str


def type_of(topic: str) -> EmailEventType | None:
    """None for what no event of ours follows from."""
    return TYPES.get(topic.removeprefix(PREFIX))


async def follow_mail_event(event: WebhookEvent) -> Followed:
    """Records what became of the mail. Doing it again has no second effect.

    Raises `Unavailable` where the mail is not known (yet), `InvalidInput` where the payload is not as documented.
    """
    report = _report(event)
    delivery = await _delivery(event.provider, report)
    if delivery is None:
        raise Unavailable(f"No mail of ours is called {report.provider_id or report.delivery_id or 'so'}")
    recorded = event_about(
        delivery,
        report.type,
        source=event.provider.value,
        at=report.at or event.occurred_at or min(event.created_at, clock.now()),
        dedupe_key=None if report.type in ONCE else f"{event.provider.value}:{event.event_id}",
        bounce=report.bounce,
        detail=report.detail[:LONGEST_DETAIL] or None,
    )
    is_new = await record_event(recorded)
    outcome = f"Recorded that the mail was {report.type.value}" if is_new else "It was known already"
    return Followed(outcome, delivery.contact_id, delivery.id, forget=delivery.is_erased)


def kind_of_bounce(said: SaidOfBounce) -> BounceKind:
    """The provider's own classes where they are specific, else what the receiving server said. A permanent bounce of
    which nothing else is told is hard: the provider will not write to the address again either."""
    sub_type = said.sub_type.lower()
    if sub_type in MAIL_IS_THE_REASON:
        return BounceKind.POLICY
    if said.type.lower() not in PERMANENT:
        return BounceKind.SOFT
    if sub_type in ADDRESS_IS_THE_REASON or not said.diagnosis:
        return BounceKind.HARD
    return BounceKind(classify(f"550 {said.diagnosis}").value)


def _report(event: WebhookEvent) -> Report:
    payload = payload_of(event.payload or "")
    try:
        if event.provider is WebhookProvider.RESEND:
            return _of_resend(ResendPayload.model_validate(payload))
        return _of_cold_provider(ColdPayload.model_validate(payload))
    except ValidationError as error:
        raise invalid_input(error) from None


def _of_resend(payload: ResendPayload) -> Report:
    data, happened = payload.data, TYPES[payload.type.removeprefix(PREFIX)]
    failure = data.failed if happened is EmailEventType.FAILED else data.suppressed
    named = object_id(data.delivery) if isinstance(data.delivery, str) else _in_message_id(data.message_id)
    return Report(
        type=happened,
        at=payload.created_at,
        provider_id=data.email_id,
        delivery_id=PydanticObjectId(named) if named else None,
        bounce=kind_of_bounce(data.bounce or SaidOfBounce()) if happened is EmailEventType.BOUNCED else None,
        detail=data.bounce.detail if data.bounce else failure.message or failure.reason,
    )


def _of_cold_provider(payload: ColdPayload) -> Report:
    happened = TYPES[payload.type.removeprefix(PREFIX)]
    named = object_id(payload.message_id) or _in_message_id(payload.message_id)
    return Report(
        type=happened,
        at=payload.occurred_at,
        provider_id=payload.message_id,
        delivery_id=PydanticObjectId(named) if named else None,
        bounce=kind_of_bounce(payload.bounce or SaidOfBounce()) if happened is EmailEventType.BOUNCED else None,
        detail=payload.bounce.detail if payload.bounce else payload.detail,
    )


def _in_message_id(message_id: str | None) -> Any:
    """A delivery's id, from the Message-ID that we give its mail."""
    found = MESSAGE_ID.match(message_id or "")
    return object_id(found[1]) if found else None


async def _delivery(provider: WebhookProvider, report: Report) -> Delivery | None:
    """By the provider's id; where that is not stored (yet), by our own, which the mail carried. What another provider
    was given is not this one's to tell of; what went by SMTP may be, since any of them can be behind it."""
    if report.provider_id is not None:
        called = {"$eq": report.provider_id, "$type": "string"}
        if found := await Delivery.find_one({"providerId": called, "provider": provider.value}):
            return found
    if report.delivery_id is None:
        return None
    return await Delivery.find_one({"_id": report.delivery_id, "provider": {"$in": [provider.value, SMTP, None]}})
