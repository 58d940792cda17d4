"""Mutations of tickets, and of what is received and said in them."""

from typing import Final

from core.runtime import runtime
from mail.links import RatingTokens
from models.tickets import TicketStatus
from resolvers.canned_replies import CannedReplyCreate, create_canned_reply
from resolvers.ticket_links import TicketLinkCreate, link_ticket
from tests.contract.mutations.sample import Headers, Sample
from tests.contract.requests.calling import APP, Caller, Parameters
from tests.contract.requests.inbound import a_received_mail
from tests.contract.requests.tickets import a_ticket
from tests.factories import tickets
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import actor_for

REPLY: Final = {"title": "Reload", "shortcut": "reload", "body": "Please reload the page.", "topic": "setup"}


async def the_customer(_: Caller) -> Headers:
    return bearer_of(await a_stored_end_user(APP, tickets.CUSTOMER))


async def two_tickets(_: Caller) -> Parameters:
    """Of one customer."""
    first, second = await tickets.a_ticket(APP), await tickets.a_ticket(APP)
    return {"id": str(first.id), "linkedId": str(second.id)}


async def linked_tickets(caller: Caller) -> Parameters:
    known = await two_tickets(caller)
    link = TicketLinkCreate.model_validate({"kind": "related", "ticketId": known["linkedId"]})
    await link_ticket(actor_for(caller.owner), known["id"], link)
    return known


async def a_resolved_ticket(_: Caller) -> Parameters:
    ticket = await tickets.a_ticket(APP, status=TicketStatus.RESOLVED)
    return {"id": str(ticket.id), "token": RatingTokens(runtime().settings.keys("ticket_rating")).issue(ticket.id)}


async def a_canned_reply(caller: Caller) -> Parameters:
    reply = CannedReplyCreate.model_validate(REPLY)
    return {"id": str((await create_canned_reply(actor_for(caller.owner), APP, reply)).id)}


async def a_mail_about_a_ticket(caller: Caller) -> Parameters:
    return {**await a_received_mail(caller), "ticketId": str((await tickets.a_ticket(APP)).id)}


SAMPLES: Final[dict[str, Sample]] = {
    "ticketsUpdate": Sample(
        a_ticket, lambda known: {"input": {"ids": [known["messageId"]], "priority": "urgent", "addTags": ["sale"]}}
    ),
    "ticketMerge": Sample(two_tickets, lambda known: {"input": {"intoId": known["linkedId"]}}),
    "ticketLink": Sample(two_tickets, lambda known: {"input": {"kind": "duplicate_of", "ticketId": known["linkedId"]}}),
    "ticketUnlink": Sample(linked_tickets),
    "ticketRate": Sample(a_resolved_ticket, {"input": {"score": 5, "comment": "Quick!"}}, by=the_customer),
    "ticketRateByLink": Sample(a_resolved_ticket, {"input": {"score": 2}}),
    "cannedReplyCreate": Sample(sent={"input": REPLY}),
    "cannedReplyUpdate": Sample(a_canned_reply, {"input": {"title": "Please reload"}}),
    "cannedReplyDelete": Sample(a_canned_reply),
    "inboundMessageReprocess": Sample(a_received_mail),
    "inboundMessageClassify": Sample(a_received_mail, {"input": {"classification": "positive"}}),
    "inboundMessageAssign": Sample(a_mail_about_a_ticket, lambda known: {"input": {"ticketId": known["ticketId"]}}),
}
