"""What the demonstration company's customers showed its support."""

from random import Random

import pytest

from core import clock
from models.attachments import Attachment
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketTopic
from resolvers.attachment_upkeep import CHECKED_AFTER, UNUSED_KEPT, sweep_attachments
from seed.attachments import SHOWN_WITH, attach_files
from tests.factories.apps import an_app
from tests.factories.attachments import content_of
from tests.factories.contacts import SYSTEM
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")


async def test_the_newest_tickets_about_what_is_broken_begin_with_a_file() -> None:
    app = await an_app()
    for number in range(SHOWN_WITH + 3):
        await a_ticket(app.id, topic=TicketTopic.BUG if number else TicketTopic.BILLING)
    tickets, messages = [await kind.find_all().to_list() for kind in (Ticket, TicketMessage)]
    await attach_files(Random(7), tickets, messages)
    shown = await Ticket.find({"attachments.id": {"$exists": True}}).sort("createdAt").to_list()
    assert len(shown) == SHOWN_WITH
    assert all(ticket.topic is TicketTopic.BUG for ticket in shown)
    assert {file.mimetype for ticket in shown for file in ticket.attachments} == {
        "application/json",
        "image/png",
        "text/plain",
    }
    for ticket in shown:
        (message,) = await TicketMessage.find({"ticketId": ticket.id}).to_list()
        (file,) = message.attachments
        stored = await Attachment.get(file.id)
        assert stored is not None
        assert (message.attachments, stored.owner and stored.owner.id) == (ticket.attachments, message.id)
        assert abs((stored.created_at - message.created_at).total_seconds()) < 5
        assert len(await content_of(stored)) == stored.size > 100
    with clock.shifted(max(UNUSED_KEPT, CHECKED_AFTER)):
        assert await sweep_attachments(SYSTEM) == 0
