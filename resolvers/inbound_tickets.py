"""A received mail goes on with a ticket, or begins one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from beanie import PydanticObjectId

from core.actor import Actor
from core.errors import DomainError
from core.inputs import key_of_email
from mail.inbound import Attachment as MailFile
from models.apps import App
from models.attachments import AttachmentOwner, AttachmentOwnerKind
from models.contacts import ConsentCategory
from models.inbound_messages import InboundClassification, InboundMessage
from models.ticket_messages import TicketAttachment, TicketMessage
from resolvers.attachment_removal import remove_attachments
from resolvers.attachments import MOST, NewFile, claim_attachments, upload_attachments
from resolvers.customer_mail import CustomerMail, add_customer_mail, message_id_of
from resolvers.inbound_matching import Belonging
from resolvers.inbound_reading import Reading


@dataclass(frozen=True, slots=True)
class Added:
    """`outcome` is for a person."""

    ticket_id: PydanticObjectId
    outcome: str


async def add_to_ticket(by: Actor, message: InboundMessage, reading: Reading, found: Belonging) -> Added | None:
    """None where it is for no ticket."""
    if found.app is None or not message.sender_key:
        return None
    if found.ticket is None and not _begins_one(message, found.app, found):
        return None
    mail = CustomerMail(
        app_id=found.app.id,
        message_id=message.message_id,
        email=message.sender,
        name=message.sender_name,
        subject=message.subject,
        text=reading.text or reading.mail.text,
        ticket_id=found.ticket.id if found.ticket else None,
        language=found.contact.language if found.contact else None,
    )
    refused: list[str] = []
    if await TicketMessage.find_one({"appId": mail.app_id, "mailId": mail.message_id}) is None:
        files = await _claimed(by, mail, reading.mail.attachments, refused)
        mail = replace(mail, attachments=files)
    said = await add_customer_mail(by, mail)
    await _forget_others(mail)
    outcome = f"{'Added to' if found.ticket else 'Began'} the ticket {said.ticket.reference}"
    return Added(said.ticket.id, f"{outcome}, without {', '.join(refused)}" if refused else outcome)


def _begins_one(message: InboundMessage, app: App, found: Belonging) -> bool:
    """Somebody writes to the app itself, and not about a mail that it sent to many."""
    if not found.is_to_app or not app.support.begins_tickets_by_mail or not app.is_active:
        return False
    if message.classification is InboundClassification.UNSUBSCRIBE:
        return False
    return found.delivery is None or found.delivery.category is ConsentCategory.TRANSACTIONAL


async def _claimed(
    by: Actor, mail: CustomerMail, files: Sequence[MailFile], refused: list[str]
) -> Sequence[TicketAttachment]:
    """The first of its files that may be taken, those that are not shown within the text before the others; `refused`
    gets the names of the rest."""
    owner = AttachmentOwner(kind=AttachmentOwnerKind.TICKET_MESSAGE, id=message_id_of(mail))
    taken: list[TicketAttachment] = []
    for file in sorted(files, key=lambda file: file.inline):
        if len(taken) == MOST:
            refused.append(file.name)
            continue
        try:
            fresh = await upload_attachments(by, mail.app_id, [NewFile(file.name, BytesIO(file.content()))])
        except DomainError:
            refused.append(file.name)
            continue
        ids = [attachment.key for attachment in fresh]
        claimed = await claim_attachments(by, mail.app_id, ids, owner, {key_of_email(mail.email)})
        taken += [TicketAttachment.of(attachment) for attachment in claimed]
    return taken


async def _forget_others(mail: CustomerMail) -> None:
    """Files that were claimed for the message by somebody who died, or came late, before it was written: the message
    that is stored says which are its own."""
    message = await TicketMessage.get(message_id_of(mail))
    if message is not None:
        ours = [attachment.id for attachment in message.attachments]
        await remove_attachments({"owner.id": message.id, "_id": {"$nin": ours}})
