"""What a timeline says of outreach: of prospects, sequences and automations, of what people answer, and of the e-mail
agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.agent_actions import AgentAction, AgentActionType
from models.automation_trackers import AutomationTracker
from models.automations import AutomationConfig
from models.enrollments import Enrollment
from models.inbound_messages import InboundMessage
from models.prospects import Prospect, ProspectChange, ProspectNote
from models.sequences import Sequence as MailSequence
from resolvers.timeline_titles import quoted

AGENT_DID: Final = {
    AgentActionType.DRAFT: "drafted a mail to them",
    AgentActionType.REPLY: "drafted an answer to them",
    AgentActionType.CLASSIFY: "read what they wrote",
}


@dataclass(frozen=True, slots=True)
class ChangedProspect:
    """A step in the life of a prospect."""

    prospect: Prospect
    change: ProspectChange


def of_received_mail(message: InboundMessage) -> str:
    """Without what it says: that is for those who open it."""
    return f"Wrote ({_plain(message.classification.value)}): {quoted(message.subject)}"


async def of_enrollments(enrollments: Sequence[Enrollment]) -> Sequence[str]:
    names = await _sequences(enrollments)
    return [f"Was enrolled in the sequence {_name(one, names)}" for one in enrollments]


async def of_ended_enrollments(enrollments: Sequence[Enrollment]) -> Sequence[str]:
    names = await _sequences(enrollments)
    return [
        f"Left the sequence {_name(one, names)}: {_plain((one.exit_reason or one.status).value)}" for one in enrollments
    ]


def of_prospect(changed: ChangedProspect) -> str:
    change = changed.change
    reason = f": {quoted(change.reason)}" if change.reason else ""
    return f"As a prospect, went from {_plain(change.before.value)} to {_plain(change.after.value)}{reason}"


def of_note(note: ProspectNote) -> str:
    return f"Somebody noted: {quoted(note.note)}"


def of_agent_action(action: AgentAction) -> str:
    return f"The e-mail agent {AGENT_DID[action.type]}: {_plain(action.status.value)}"


async def of_automations(trackers: Sequence[AutomationTracker]) -> Sequence[str]:
    names = await _automations(trackers)
    return [f"Entered the automation {names.get(one.config_id, 'that was deleted')}" for one in trackers]


async def of_ended_automations(trackers: Sequence[AutomationTracker]) -> Sequence[str]:
    names = await _automations(trackers)
    return [
        f"The automation {names.get(one.config_id, 'that was deleted')} ended: {_plain(one.status.value)}"
        for one in trackers
    ]


def _plain(value: str) -> str:
    return value.replace("_", " ")


def _name(enrollment: Enrollment, names: Mapping[Any, str]) -> str:
    return names.get(enrollment.sequence_id, "that was deleted")


async def _automations(trackers: Sequence[AutomationTracker]) -> Mapping[Any, str]:
    """Their names."""
    found = await AutomationConfig.find({"_id": {"$in": list({one.config_id for one in trackers})}}).to_list()
    return {config.id: config.name for config in found}


async def _sequences(enrollments: Sequence[Enrollment]) -> Mapping[Any, str]:
    """Their names."""
    found = await MailSequence.find({"_id": {"$in": list({one.sequence_id for one in enrollments})}}).to_list()
    return {sequence.id: sequence.name for sequence in found}
