"""What is written when somebody moves on in a sequence, in stored names."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from models.base import touched
from models.enrollments import Enrollment, PassedStep
from models.sequences import StepType
from resolvers.sequence_steps import Decision, Passed

ONE_MORE: Final = MappingProxyType({"$inc": {"revision": 1}})
"""Every write is another revision."""
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def moved(
    enrollment: Enrollment, decision: Decision, until: datetime, fields: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:
    """To the step of a decision, to be looked at again then; with what else changes."""
    there = {"currentStep": decision.step, "nextAt": until, **fields}
    return _with_history(touched(there) | ONE_MORE, enrollment, decision)


def ended(enrollment: Enrollment, decision: Decision, ending: Mapping[str, Any]) -> dict[str, Any]:
    """By an update that ends it."""
    there = {**ending["$set"], "currentStep": decision.step}
    return _with_history({**ending, "$set": there}, enrollment, decision)


def changed(fields: dict[str, Any]) -> dict[str, Any]:
    """Where they are, in some fields."""
    return touched(fields) | ONE_MORE


def _with_history(update: dict[str, Any], enrollment: Enrollment, decision: Decision) -> dict[str, Any]:
    if not decision.passed:
        return update
    history = [_stored(enrollment, passed) for passed in decision.passed]
    told = {**update["$set"], "lastStepAt": decision.passed[-1].at}
    return {**update, "$set": told, "$push": {"history": {"$each": history}}}


def _stored(enrollment: Enrollment, passed: Passed) -> dict[str, Any]:
    record = PassedStep(order=passed.step.order, type=passed.step.type, outcome=passed.outcome, at=passed.at)
    if passed.step.type is StepType.EMAIL and enrollment.mail:
        record.delivery_id = enrollment.mail.delivery_id
    if passed.step.type is StepType.TASK and enrollment.task:
        record.by, record.note = enrollment.task.by, enrollment.task.note
    stored = record.model_dump(by_alias=True)
    return stored | {"type": record.type.value, "outcome": record.outcome.value}
