"""Mutations of those who might become customers: prospects, the sequences they are in, and the agent that writes to
them."""

from typing import Final

from resolvers.prospect_notes import ProspectNoteCreate, add_prospect_note
from resolvers.sequence_advancing import advance_sequences
from tests.contract.mutations.sample import Sample
from tests.contract.requests.agent import INSTEAD, an_action
from tests.contract.requests.calling import Caller, Parameters
from tests.contract.requests.prospects import ROWS, a_prospect
from tests.contract.requests.tickets import a_ticket
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.people import actor_for
from tests.factories.sequences import a_sequence, an_enrollment


async def a_note(caller: Caller) -> Parameters:
    prospect = await a_prospect(caller)
    note = await add_prospect_note(actor_for(caller.owner), prospect["id"], ProspectNoteCreate(note="Met at the fair"))
    return {"id": str(note.id)}


async def a_task(_: Caller) -> Parameters:
    """An enrollment that waits for a person."""
    enrollment = await an_enrollment(
        await a_sequence([{"type": "task", "instructions": "Call them"}]), await a_contact()
    )
    await advance_sequences(SYSTEM)
    return {"id": str(enrollment.id)}


SAMPLES: Final[dict[str, Sample]] = {
    "prospectStatusUpdate": Sample(a_prospect, {"input": {"status": "qualified", "reason": "Has three shops"}}),
    "prospectsUpdate": Sample(a_prospect, lambda known: {"input": {"ids": [known["id"]], "addTags": ["fair"]}}),
    "prospectsImport": Sample(sent={"input": {"rows": ROWS}}),
    "prospectNoteDelete": Sample(a_note),
    "sequenceTaskComplete": Sample(a_task, {"input": {"note": "They are keen"}}),
    "sequenceTaskSkip": Sample(a_task),
    "agentReplyCreate": Sample(a_ticket, lambda known: {"input": {"ticketId": known["messageId"], "tone": "formal"}}),
    "agentClassify": Sample(a_ticket, lambda known: {"input": {"ticketId": known["messageId"]}}),
    "agentDraftRegenerate": Sample(an_action),
    "agentDraftUpdate": Sample(an_action, {"input": INSTEAD}),
    "agentDraftApprove": Sample(an_action),
    "agentDraftReject": Sample(an_action, {"input": {"reason": "Too pushy"}}),
}
