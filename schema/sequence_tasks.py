"""The tasks of sequences, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import enrollments as stored
from resolvers import sequence_tasks
from resolvers.sequence_tasks import SequenceTaskEnd, SequenceTaskFilter, SequenceTaskSortKey
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, described, mutation, parse, query
from schema.enrollments import Enrollment, EnrollmentPayload, enrollment

strawberry.enum(SequenceTaskSortKey)


@strawberry.type(description="What somebody has to do before a person in a sequence goes on.")
class SequenceTask:
    id: ID = strawberry.field(description="The id of the enrollment.")

    @described("Since when it is open.")
    def since(self) -> datetime:
        return cast(datetime, cast(stored.Enrollment, self).task_since)

    @described("The order of its step.")
    def step(self) -> int:
        return cast(stored.Enrollment, self).current_step

    @described("What is to be done.")
    def instructions(self) -> str:
        task = cast(stored.Enrollment, self).task
        return task.instructions if task else ""

    @described("Whom it is about.")
    def enrollment(self) -> Enrollment:
        return enrollment(cast(stored.Enrollment, self))


@strawberry.input
class SequenceTaskFilterInput:
    sequence_id: Maybe[ID | None]


@strawberry.input(description="`note` is what came of it.")
class SequenceTaskEndInput:
    note: Maybe[str | None]


@strawberry.type
class SequenceTaskQueries:
    @query(sequence_tasks.list_sequence_tasks)
    async def sequence_tasks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: SequenceTaskFilterInput | None = None,
        sort_key: SequenceTaskSortKey = SequenceTaskSortKey.SINCE,
        reverse: bool = False,
    ) -> Connection[SequenceTask]:
        window = Range.of(first, after, last, before)
        filters, sort = parse(SequenceTaskFilter, filter), sort_key.order(descending=reverse)
        return Connection.of(await sequence_tasks.list_sequence_tasks(info.context.actor, window, filters, sort))


@strawberry.type
class SequenceTaskMutations:
    @mutation(sequence_tasks.complete_sequence_task)
    async def sequence_task_complete(
        self, info: Info, id: ID, input: SequenceTaskEndInput | None = None
    ) -> EnrollmentPayload:
        data = parse(SequenceTaskEnd, input)
        ended = await sequence_tasks.complete_sequence_task(info.context.actor, id, data)
        return EnrollmentPayload(enrollment=enrollment(ended))

    @mutation(sequence_tasks.skip_sequence_task)
    async def sequence_task_skip(
        self, info: Info, id: ID, input: SequenceTaskEndInput | None = None
    ) -> EnrollmentPayload:
        data = parse(SequenceTaskEnd, input)
        ended = await sequence_tasks.skip_sequence_task(info.context.actor, id, data)
        return EnrollmentPayload(enrollment=enrollment(ended))
