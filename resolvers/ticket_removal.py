"""What goes away together with a ticket."""

from collections.abc import Sequence
from typing import Final

from models.deliveries import Delivery, DeliveryStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.ticket_attachments import remove_files_of
from resolvers.ticket_events import announce

CHUNK: Final = 500


async def remove_tickets(tickets: Sequence[Ticket]) -> int:
    """Deletes them with their conversations, and returns how many there were. What was cut off is found again by its
    ticket, which goes last but for what was said in between."""
    ids = [ticket.id for ticket in tickets]
    of_tickets = {"appId": {"$in": sorted({ticket.app_id for ticket in tickets})}, "ticketId": {"$in": ids}}
    await _forget_mail(tickets, of_tickets)
    await remove_files_of(of_tickets)
    await TicketMessage.find(of_tickets).delete()
    removed = await Ticket.find({"_id": {"$in": ids}}).delete()
    await TicketMessage.find(of_tickets).delete()
    for ticket in tickets:
        await Ticket.find({"appId": ticket.app_id, "links.ticketId": ticket.id}).update(
            {"$pull": {"links": {"ticketId": ticket.id}}}
        )
        await announce(ticket)
    return removed.deleted_count if removed else 0


async def _forget_mail(tickets: Sequence[Ticket], of_tickets: dict[str, object]) -> None:
    """Mail about them keeps what it was made from: it goes too, and what was not sent yet is not."""
    messages = TicketMessage.get_pymongo_collection().find(of_tickets, {"_id": 1})
    sources = [f"ticket-message:{row['_id']}" async for row in messages]
    for ticket in tickets:
        sources += [f"ticket:{ticket.id}:received", f"ticket:{ticket.id}:merged"]
        sources += [f"ticket:{ticket.id}:resolved:{number}" for number in range(1, ticket.resolutions + 1)]
    for start in range(0, len(sources), CHUNK):
        named = {"source": {"$in": sources[start : start + CHUNK]}}
        queued = {**named, "status": DeliveryStatus.QUEUED.value}
        await Delivery.find(queued).update({"$set": {"status": DeliveryStatus.CANCELLED.value}})
        await Delivery.find(named).update({"$set": {"values": {}}})
