"""How people are taken out of received mail. What is left says that a mail came once, so that it is not taken for a new
one, and numbers still add up."""

from typing import Any, Final

from models.base import touched
from models.inbound_messages import InboundMessage
from resolvers.attachment_files import delete_files
from resolvers.holdings import Holding, Person

SILENT: Final[dict[str, Any]] = {
    "sender": "",
    "senderName": "",
    "senderKey": "",
    "subject": "",
    "newText": "",
    "searchText": "",
    "files": [],
    "reasons": [],
    "outcomes": [],
    "problem": None,
    "contactId": None,
    "peopleKeys": [],
    "rawId": None,
    "rawExpiresAt": None,
}


async def erase_from_inbound_messages(holding: Holding, person: Person) -> int:
    """The bytes go first: until they are gone, the mail is found again."""
    count = 0
    async for batch in holding.batches(person):
        await delete_files([message.raw_id for message in batch if message.raw_id])
        await InboundMessage.find({"_id": {"$in": [message.id for message in batch]}}).update(touched(dict(SILENT)))
        count += len(batch)
    return count


INBOUND_MESSAGES: Final = Holding(
    InboundMessage,
    lambda person: {"peopleKeys": person.contact.email_key},
    frozenset({"app_id", "sender", "sender_name", "recipient", "subject", "new_text", "sent_at", "created_at"}),
    erase_from_inbound_messages,
    discloses=lambda message, person: message.sender_key == person.contact.email_key,
)
