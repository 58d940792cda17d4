from models.tickets import Ticket, TicketEvent


async def tell_customers(ticket: Ticket, event: TicketEvent) -> None:
    return None
