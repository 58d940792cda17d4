"""What follows from a merge: the conversation moves, and its people are kept informed where it goes on."""

from typing import Final

from core import clock
from core.actor import Actor
from models.base import touched
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketChangeKind, TicketPerson
from resolvers.ticket_states import changed, derived, recorded

MERGER: Final = Actor.system("tickets")


async def move_conversation(source: Ticket) -> None:
    """Into the ticket that the source was merged into. Doing it again has no second effect."""
    while target := await Ticket.get(source.merged_into_id):
        await _move_messages(source, target)
        wanted = derived(_after_merge(target, source))
        fields = {
            "people": [person.model_dump(by_alias=True) for person in wanted.people],
            "peopleKeys": wanted.people_keys,
            "history": [change.model_dump(by_alias=True) for change in wanted.history],
        }
        moments = {"lastMessageAt": source.last_message_at, "updatedAt": clock.now()}
        if source.last_customer_message_at is not None:
            moments["lastCustomerMessageAt"] = source.last_customer_message_at
        update = {
            "$set": fields,
            "$max": moments,
            "$pull": {"mergeClaims": {"ticketId": source.id}},
            "$inc": {"version": 1},
        }
        if await Ticket.change({"_id": target.id, "version": target.version}, update):
            return


async def _move_messages(source: Ticket, target: Ticket) -> None:
    """They keep their moments, by which a conversation is in order."""
    here = {"appId": source.app_id, "ticketId": source.id}
    await TicketMessage.find({**here, "originalTicketId": None}).update(touched({"originalTicketId": source.id}))
    await TicketMessage.find(here).update({"$set": {"ticketId": target.id}})


def _after_merge(target: Ticket, source: Ticket) -> Ticket:
    if any(entry.kind is TicketChangeKind.MERGED and entry.before == str(source.id) for entry in target.history):
        return target
    requester = TicketPerson(
        email=source.email,
        email_key=source.email_key,
        name=source.name,
        language=source.language,
        contact_id=source.contact_id,
    )
    known = {target.email_key, *(person.email_key for person in target.people)}
    joining = [person for person in (requester, *source.people) if person.email_key not in known and person.email]
    people = {person.email_key: person for person in (*target.people, *joining)}
    informed = changed(target, people=list(people.values()))
    return recorded(informed, TicketChangeKind.MERGED, MERGER.label, clock.now(), before=str(source.id))
