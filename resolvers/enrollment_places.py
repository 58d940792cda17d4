"""Where somebody is in a sequence, as far as the next step follows from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from beanie import PydanticObjectId
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from models.deliveries import Delivery, DeliveryStatus, Refusal
from models.enrollments import Enrollment, ExitReason
from resolvers.sequence_steps import Mail, Place, Task

REASONS: Final[Mapping[Refusal, ExitReason]] = {
    Refusal.HARD_BOUNCE: ExitReason.BOUNCED,
    Refusal.SOFT_BOUNCES: ExitReason.BOUNCED,
    Refusal.COMPLAINT: ExitReason.COMPLAINED,
    Refusal.OPTED_OUT: ExitReason.UNSUBSCRIBED,
    Refusal.GLOBAL_OPT_OUT: ExitReason.UNSUBSCRIBED,
}
"""Why somebody leaves who may not be written to; all else is `suppressed`."""


class SentMail(BaseModel):
    """Of a `Delivery`, what decides about the next step."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: PydanticObjectId = Field(alias="_id")
    status: DeliveryStatus
    refusal: Refusal | None = None
    response: str | None = None
    updated_at: datetime
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    replied_at: datetime | None = None

    @property
    def reason(self) -> ExitReason | None:
        if self.status is DeliveryStatus.SUPPRESSED:
            return REASONS.get(self.refusal, ExitReason.SUPPRESSED) if self.refusal else ExitReason.SUPPRESSED
        return ExitReason.BOUNCED if self.bounced_at else None


Mails = Mapping[PydanticObjectId, SentMail]


async def mails_of(enrollments: Iterable[Enrollment]) -> Mails:
    """The newest mail of each, by its id."""
    ids = [enrollment.mail.delivery_id for enrollment in enrollments if enrollment.mail]
    if not ids:
        return {}
    found = await Delivery.find({"_id": {"$in": ids}}, projection_model=SentMail).to_list()
    return {mail.id: mail for mail in found}


def place_of(enrollment: Enrollment, mails: Mails) -> Place:
    """Of somebody who is due."""
    task = enrollment.task
    return Place(
        seed=enrollment.id.binary,
        step=enrollment.current_step,
        due=enrollment.next_at or enrollment.updated_at,
        mail=_mail(enrollment, mails),
        task=Task(task.step, task.outcome, task.at) if task else None,
        held_until=enrollment.held_until,
    )


def _mail(enrollment: Enrollment, mails: Mails) -> Mail | None:
    if enrollment.mail is None:
        return None
    found = mails.get(enrollment.mail.delivery_id)
    if found is None:
        return Mail(enrollment.mail.step)
    return Mail(
        enrollment.mail.step,
        found.status,
        found.sent_at or found.updated_at,
        opened=found.opened_at is not None,
        clicked=found.clicked_at is not None,
        replied=found.replied_at is not None,
        reason=found.reason,
        problem=found.response,
    )
