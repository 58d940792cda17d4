"""What goes away together with a ticket."""

from collections.abc import Sequence
from typing import Final

from core.mongo import Filter
from models.base import touched
from models.deliveries import Delivery, DeliveryStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.ticket_attachments import remove_files_of
from resolvers.ticket_events import announce
from resolvers.ticket_mail import message_source, ticket_sources

CHUNK: Final = 500


async def remove_tickets(tickets: Sequence[Ticket]) -> int:
    """Deletes them with their conversations, and returns how many there were. What was cut off is found again by its
    ticket, which goes last but for what was said in between."""
    ids = [ticket.id for ticket in tickets]
    of_tickets: Filter = {"appId": {"$in": sorted({ticket.app_id for ticket in tickets})}, "ticketId": {"$in": ids}}
    await _forget_mail(tickets, of_tickets)
    await remove_files_of(of_tickets)
    await TicketMessage.find(of_tickets).delete()
    removed = await Ticket.find({"_id": {"$in": ids}}).delete()
    await TicketMessage.find(of_tickets).delete()
    for ticket in tickets:
        await Ticket.find({"links.ticketId": ticket.id}).update({"$pull": {"links": {"ticketId": ticket.id}}})
        await announce(ticket)
    return removed.deleted_count if removed else 0


async def _forget_mail(tickets: Sequence[Ticket], of_tickets: Filter) -> None:
    """Mail about them keeps what it was made from: it goes too, and what was not sent yet is not."""
    messages = TicketMessage.get_pymongo_collection().find(of_tickets, {"_id": 1})
    sources = list(map(message_source, [row["_id"] async for row in messages]))
    sources += [source for ticket in tickets for source in ticket_sources(ticket)]
    for start in range(0, len(sources), CHUNK):
        named = {"source": {"$in": sources[start : start + CHUNK]}}
        queued = {**named, "status": DeliveryStatus.QUEUED.value}
        await Delivery.find(queued).update(touched({"status": DeliveryStatus.CANCELLED.value}))
        await Delivery.find(named).update(touched({"values": {}, "sealedValues": None}))
