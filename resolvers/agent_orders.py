"""What the writer is asked for: a mail to a prospect, an answer in a ticket, an answer to a received mail. Who must not
be written to is not written for."""

from core.errors import InvalidInput, found
from models.agent_actions import AgentAction, AgentActionType, AgentInputs
from models.apps import App
from models.inbound_messages import InboundMessage
from models.prospects import Prospect
from models.tickets import Ticket
from models.users import User
from resolvers.agent_facts import facts_of_app, facts_of_mail, facts_of_prospect, facts_of_ticket
from resolvers.agent_holds import check_mail, check_prospect, check_ticket, holds_on
from resolvers.agent_writing import Order


async def outreach_order(app: App, prospect: Prospect, inputs: AgentInputs, sender: User | None) -> Order:
    """Raises `InvalidInput` for a prospect who must not be written to."""
    await check_prospect(prospect, app, "prospectId")
    about = {
        "email": prospect.email,
        "email_key": prospect.email_key,
        "name": prospect.name,
        "prospect_id": prospect.id,
        "contact_id": prospect.contact_id,
    }
    facts = [*await facts_of_app(app, sender, inputs.points), *await facts_of_prospect(prospect)]
    return Order(app, AgentActionType.DRAFT, inputs, facts, about, await holds_on(prospect))


async def reply_order(app: App, source: Ticket | InboundMessage, inputs: AgentInputs, sender: User | None) -> Order:
    """Raises `InvalidInput` for what can't be answered."""
    told = await facts_of_app(app, sender, inputs.points)
    if isinstance(source, InboundMessage):
        await check_mail(source, app, "inboundMessageId")
        about = {
            "email": source.sender,
            "email_key": source.sender_key,
            "name": source.sender_name,
            "inbound_id": source.id,
            "contact_id": source.contact_id,
        }
        return Order(app, AgentActionType.REPLY, inputs, [*told, *await facts_of_mail(source)], about)
    check_ticket(source, "ticketId")
    about = {
        "email": source.email,
        "email_key": source.email_key,
        "name": source.name,
        "ticket_id": source.id,
        "contact_id": source.contact_id,
    }
    return Order(app, AgentActionType.REPLY, inputs, [*told, *await facts_of_ticket(source)], about)


async def order_again(action: AgentAction, inputs: AgentInputs, sender: User | None) -> Order:
    """By what is known now. Raises `InvalidInput` where it can't be written any more."""
    app = found(await App.get(action.app_id), "App")
    if action.prospect_id is not None:
        prospect = await Prospect.get(action.prospect_id)
        if prospect is None:
            raise InvalidInput("There is no such prospect any more", "id")
        return await outreach_order(app, prospect, inputs, sender)
    source: Ticket | InboundMessage | None
    source = await Ticket.get(action.ticket_id) if action.ticket_id else await InboundMessage.get(action.inbound_id)
    if source is None:
        raise InvalidInput("There is nothing any more that it would answer", "id")
    return await reply_order(app, source, inputs, sender)
