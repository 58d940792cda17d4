"""What customers showed the support: pictures of what they see, and what their browsers wrote down."""

import zlib
from collections.abc import Sequence
from io import BytesIO
from random import Random
from typing import Final

import orjson

from core import clock
from core.actor import Actor
from core.inputs import iso
from models.attachments import AttachmentOwner, AttachmentOwnerKind
from models.ticket_messages import TicketAttachment, TicketMessage
from models.tickets import Ticket, TicketTopic
from resolvers.attachments import NewFile, claim_attachments, upload_attachments

ACTOR: Final = Actor.system("seed")
SHOWN_WITH: Final = 12
"""How many of the newest tickets about something that does not work begin with a file."""
WIDTH, HEIGHT = 320, 200


async def attach_files(random: Random, tickets: Sequence[Ticket], messages: Sequence[TicketMessage]) -> None:
    """To tickets that are stored, by the operations themselves, at the time of the messages."""
    first = {message.ticket_id: message for message in sorted(messages, key=lambda one: one.created_at, reverse=True)}
    broken = [ticket for ticket in tickets if ticket.topic is TicketTopic.BUG and ticket.id in first]
    newest = sorted(broken, key=lambda ticket: ticket.created_at)[-SHOWN_WITH:]
    for number, ticket in enumerate(newest):
        await _attach(ticket, first[ticket.id], _file(random, number, ticket))


async def _attach(ticket: Ticket, message: TicketMessage, file: NewFile) -> None:
    owner = AttachmentOwner(kind=AttachmentOwnerKind.TICKET_MESSAGE, id=message.id)
    with clock.shifted(message.created_at - clock.now()):
        stored = await upload_attachments(ACTOR, ticket.app_id, [file])
        keys = [attachment.key for attachment in stored]
        claimed = await claim_attachments(ACTOR, ticket.app_id, keys, owner, message.people_keys)
    shown = {"attachments": [TicketAttachment.of(attachment).model_dump(by_alias=True) for attachment in claimed]}
    await TicketMessage.find_one({"_id": message.id}).update({"$set": shown})
    await Ticket.find_one({"_id": ticket.id}).update({"$set": shown})


def _file(random: Random, number: int, ticket: Ticket) -> NewFile:
    match number % 4:
        case 0:
            return NewFile("console.log", BytesIO(_console(ticket)))
        case 1:
            return NewFile("network.har", BytesIO(_network(ticket)))
        case _:
            return NewFile(f"Screenshot {ticket.created_at:%Y-%m-%d}.png", BytesIO(_screenshot(random)))


def _console(ticket: Ticket) -> bytes:
    at, shop = iso(ticket.created_at), ticket.shop_domain or "shop"
    lines = (f"{at} [info] {ticket.app_id} 4.2.0 on {shop}", f"{at} [error] TypeError: settings.banner is undefined")
    return "\n".join([*lines, "    at render (banner.js:214:17)", "    at start (banner.js:9:3)", ""]).encode()


def _network(ticket: Ticket) -> bytes:
    request = {"method": "GET", "url": f"https://{ticket.app_id}.example.com/banner.json"}
    entry = {"startedDateTime": iso(ticket.created_at), "time": 1204, "request": request, "response": {"status": 504}}
    return orjson.dumps({"log": {"version": "1.2", "creator": {"name": "Browser"}, "entries": [entry]}})


def _screenshot(random: Random) -> bytes:
    """A shop's page as a sketch: a bar, a banner that should be there, and some products (PNG, ISO/IEC 15948)."""
    bar, products = [bytes(random.randrange(60, 200) for _ in range(3)) for _ in range(2)]
    white, rows = b"\xff\xff\xff", []
    for y in range(HEIGHT):
        tile = (white * 20 + products * 60) * 4
        line = bar * WIDTH if y < 24 else tile if 90 <= y < 160 else white * WIDTH
        rows.append(b"\0" + line[: WIDTH * 3])
    header = WIDTH.to_bytes(4) + HEIGHT.to_bytes(4) + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in chunks
    )
