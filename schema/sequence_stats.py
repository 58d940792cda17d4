"""What came of a sequence, and what would come of it, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID

from models.enrollments import EnrollmentStatus, ExitReason
from models.sequences import StepType
from resolvers import sequence_previews, sequence_stats
from schema.edge import Info, described, query
from schema.sequences import SequenceStep


@strawberry.type(
    description="Of the step of that order, in all versions. Rates are from 0 to 1, null where nothing was sent."
)
class SequenceStepStats:
    order: int
    type: StepType | None = strawberry.field(description="Null of a step that there is no more.")
    sent: int
    opened: int
    clicked: int
    replied: int
    bounced: int
    complained: int
    unsubscribed: int
    waiting: int = strawberry.field(description="People who are there.")
    exited: int = strawberry.field(description="People who left there.")
    open_rate: float | None
    click_rate: float | None
    reply_rate: float | None
    bounce_rate: float | None


@strawberry.type
class EnrollmentStatusCount:
    status: EnrollmentStatus
    count: int


@strawberry.type
class EnrollmentExitCount:
    reason: ExitReason
    count: int


@strawberry.type(description="Of all who were ever enrolled.")
class SequenceStats:
    enrolled: int
    steps: list[SequenceStepStats]

    @described("By status, those without people too.")
    def by_status(self) -> list[EnrollmentStatusCount]:
        counts = cast(sequence_stats.SequenceStats, self).by_status
        return [EnrollmentStatusCount(status=status, count=count) for status, count in counts.items()]

    @described("Of those who left early, by reason, those without people too.")
    def by_exit_reason(self) -> list[EnrollmentExitCount]:
        counts = cast(sequence_stats.SequenceStats, self).by_exit_reason
        return [EnrollmentExitCount(reason=reason, count=count) for reason, count in counts.items()]


@strawberry.type(description="A step, and when it would be done.")
class PlannedStep:
    step: SequenceStep
    at: datetime


@strawberry.type(
    description="The steps of somebody who opens nothing, clicks nothing and does not answer, with tasks that are done "
    "at once, on days with room."
)
class SequencePreview:
    steps: list[PlannedStep]

    @described("Whether the person may be written to now.")
    def allowed(self) -> bool:
        return cast(sequence_previews.Preview, self).verdict.allowed

    @described("Why not, or that they may.")
    def sentence(self) -> str:
        return cast(sequence_previews.Preview, self).verdict.sentence


@strawberry.type
class SequenceStatsQueries:
    @query(sequence_stats.sequence_stats)
    async def sequence_stats(self, info: Info, id: ID) -> SequenceStats:
        return cast(SequenceStats, await sequence_stats.sequence_stats(info.context.actor, id))

    @query(sequence_previews.preview_sequence)
    async def sequence_preview(self, info: Info, id: ID, contact_id: ID) -> SequencePreview:
        found = await sequence_previews.preview_sequence(info.context.actor, id, contact_id)
        return cast(SequencePreview, found)
