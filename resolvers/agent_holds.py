"""Whom the e-mail agent does not write to, and why."""

from collections.abc import Mapping
from typing import Final

from core.errors import InvalidInput
from mail.writers.addresses import is_role, nobody_reads
from models.agent_actions import AgentHold
from models.apps import App
from models.contacts import ConsentCategory
from models.inbound_messages import InboundClassification, InboundMessage
from models.prospects import Prospect, ProspectStatus
from models.tickets import Ticket, TicketStatus
from resolvers.prospect_customers import Party, open_tickets_of_parties, shops_of_parties
from resolvers.prospect_states import WORKED_ON
from resolvers.sending import can_send
from resolvers.shop_changes import GONE

BY_PROGRAMS: Final = frozenset(
    {InboundClassification.AUTO_REPLY, InboundClassification.BOUNCE, InboundClassification.OUT_OF_OFFICE}
)

Holds = Mapping[AgentHold, str]
"""Each with a sentence for a person."""


async def check_prospect(prospect: Prospect, app: App, field: str) -> None:
    """Raises `InvalidInput`, naming `field`, where a prospect must not be written to at all."""
    if prospect.status not in {*WORKED_ON, ProspectStatus.CUSTOMER}:
        raise InvalidInput(f"The prospect is not to be written to: its status is {prospect.status}", field)
    check_address(prospect.email, field)
    if is_role(prospect.email):
        raise InvalidInput("The address is that of a role, which takes no offers: find a person", field)
    await check_allowed(prospect.email, ConsentCategory.OUTREACH, app, field)


def check_ticket(ticket: Ticket, field: str) -> None:
    """Raises `InvalidInput`, naming `field`, for a ticket that can't be answered."""
    if ticket.merged_into_id is not None or ticket.status is TicketStatus.CLOSED:
        raise InvalidInput("The ticket is closed: open it to answer", field)
    check_address(ticket.email, field)


async def check_mail(message: InboundMessage, app: App, field: str) -> None:
    """Raises `InvalidInput`, naming `field`, for a received mail that is not answered."""
    if message.classification in BY_PROGRAMS:
        raise InvalidInput("No person wrote it: nobody would read an answer", field)
    if message.classification is InboundClassification.UNSUBSCRIBE:
        raise InvalidInput("They want no more mail: that is the answer", field)
    check_address(message.sender, field)
    await check_allowed(message.sender, ConsentCategory.TRANSACTIONAL, app, field)


def check_address(email: str, field: str) -> None:
    """Raises `InvalidInput` for nobody's address: that of somebody erased, or one that nobody reads."""
    if not email:
        raise InvalidInput("Their address was erased", field)
    if nobody_reads(email):
        raise InvalidInput("Nobody reads what is sent to this address", field)


async def check_allowed(email: str, category: ConsentCategory, app: App, field: str) -> None:
    """Raises `InvalidInput` where mail of the category must not go to an address."""
    verdict = await can_send(email, category, app)
    if not verdict.allowed:
        raise InvalidInput(verdict.sentence, field)


async def holds_on(prospect: Prospect) -> Holds:
    """Why a prospect is held who may be written to otherwise."""
    party, holds = Party(prospect.email_key, prospect.shop_domain), dict[AgentHold, str]()
    (shops,), (tickets,) = await shops_of_parties([party]), await open_tickets_of_parties([party])
    used = sorted({shop.app_id for shop in shops if shop.status not in GONE})
    if used:
        holds[AgentHold.CUSTOMER] = f"Their shop already uses {', '.join(used)}"
    elif prospect.status is ProspectStatus.CUSTOMER:
        holds[AgentHold.CUSTOMER] = "They are a customer already"
    if tickets:
        holds[AgentHold.OPEN_TICKET] = f"They have an open ticket, {tickets[0].reference} of {tickets[0].app_id}"
    return holds
