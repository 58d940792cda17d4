"""Files of tickets: who sees them, and how they come and go with what is written."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, InvalidInput, NotFound
from models.app_events import AppEvent
from models.attachments import Attachment, AttachmentStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket
from resolvers.attachment_upkeep import CHECKED_AFTER, UNUSED_KEPT, sweep_attachments
from resolvers.attachments import NewFile, get_attachment
from resolvers.gdpr import erase_contact, export_contact
from resolvers.ticket_bulk import TicketsDelete, delete_tickets
from resolvers.ticket_continuation import Said
from resolvers.ticket_creation import TicketCreate, create_ticket
from resolvers.ticket_erasure import redact_tickets_of_shop
from resolvers.ticket_messages import TicketMessageCreate, add_ticket_message
from resolvers.tickets import TicketStatusChange, change_ticket_status, delete_ticket
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.attachments import PNG, a_file, content_of, stored_counts, uploaded
from tests.factories.contacts import SYSTEM
from tests.factories.dying import Killed, dying
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
ADA, EVE = "ada@example.com", "eve@example.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def begun(actor: Actor, *files: NewFile, ids: tuple[str, ...] = (), **fields: Any) -> Ticket:
    given = {"subject": "Banner", "message": "It is gone", "email": ADA, "attachmentIds": list(ids), **fields}
    return await create_ticket(actor, APP, TicketCreate.model_validate(given), files)


async def answered(actor: Actor, ticket: Ticket, *files: NewFile, ids: tuple[str, ...] = (), **fields: Any) -> Said:
    data = TicketMessageCreate.model_validate({"content": "Look at this", "attachmentIds": list(ids), **fields})
    return await add_ticket_message(actor, str(ticket.id), data, files=files)


async def only_attachment() -> Attachment:
    (attachment,) = await Attachment.find_all().to_list()
    return attachment


class TestWorks:
    async def test_a_ticket_begins_with_files_that_were_uploaded_and_files_that_come_along(self) -> None:
        ada = an_end_user(APP, ADA)
        (before,) = await uploaded(ada, APP, a_file("before.png"))
        ticket = await begun(ada, a_file("with.png"), ids=(before.key,))
        assert [file.filename for file in ticket.attachments] == ["before.png", "with.png"]
        (message,) = await TicketMessage.find({"ticketId": ticket.id}).to_list()
        assert message.attachments == ticket.attachments
        for file in await Attachment.find_all().to_list():
            assert (file.status, file.owner and file.owner.id) == (AttachmentStatus.USED, message.id)
            assert file.people_keys == [ADA]
            assert await content_of(file) == PNG

    @pytest.mark.parametrize("is_internal", [False, True])
    async def test_staff_answer_with_files(self, is_internal: bool) -> None:
        ticket = await begun(an_end_user(APP, ADA))
        said = await answered(await an_actor(Role.SUPPORT), ticket, a_file(), isInternal=is_internal)
        assert [file.filename for file in said.message.attachments] == ["photo.png"]
        attachment = await only_attachment()
        assert attachment.owner is not None
        assert (attachment.owner.id, attachment.owner.is_internal) == (said.message.id, is_internal)

    async def test_a_customer_writes_with_files(self) -> None:
        ada = an_end_user(APP, ADA)
        said = await answered(ada, await begun(ada), a_file())
        assert said.message.attachments[0].url.startswith("http")
        assert said.message.attachments[0].key == (await only_attachment()).key

    async def test_files_go_along_where_a_conversation_goes_on_in_a_new_ticket(self) -> None:
        ada, staff = an_end_user(APP, ADA), await an_actor()
        ticket = await begun(ada)
        await change_ticket_status(staff, str(ticket.id), TicketStatusChange.model_validate({"status": "closed"}))
        said = await answered(ada, ticket, a_file())
        assert said.ticket.id != ticket.id
        assert [file.filename for file in said.ticket.attachments] == ["photo.png"]
        assert await get_attachment(ada, APP, (await only_attachment()).key)


class TestWhoSeesThem:
    async def test_staff_the_backend_and_the_customer(self) -> None:
        await begun(backend_of(APP), a_file())
        key = (await only_attachment()).key
        for actor in (await an_actor(Role.VIEWER), backend_of(APP), an_end_user(APP, ADA)):
            assert (await get_attachment(actor, APP, key)).key == key

    async def test_no_other_customer_and_no_other_app(self) -> None:
        await an_app("tea")
        await begun(an_end_user(APP, ADA), a_file())
        key = (await only_attachment()).key
        for actor, app_id in (
            (an_end_user(APP, EVE), APP),
            (an_end_user("tea", ADA), "tea"),
            (an_end_user("tea", ADA), APP),
            (backend_of("tea"), "tea"),
            (await an_actor(), "tea"),
        ):
            with pytest.raises(NotFound):
                await get_attachment(actor, app_id, key)

    async def test_of_a_note_nobody_but_staff(self) -> None:
        ada, staff = an_end_user(APP, ADA), await an_actor(Role.SUPPORT)
        await answered(staff, await begun(ada), a_file(), isInternal=True)
        key = (await only_attachment()).key
        assert await get_attachment(await an_actor(Role.VIEWER), APP, key)
        for actor in (ada, backend_of(APP)):
            with pytest.raises(NotFound):
                await get_attachment(actor, APP, key)


class TestValidation:
    async def test_a_message_has_five_in_all(self) -> None:
        ada = an_end_user(APP, ADA)
        ids = tuple([file.key for file in await uploaded(ada, APP, a_file(), a_file())])
        for attempt in (
            begun(ada, *[a_file()] * 4, ids=ids),
            answered(ada, await begun(ada), *[a_file()] * 4, ids=ids),
        ):
            with pytest.raises(InvalidInput, match="at most 5 files"):
                await attempt
        assert await begun(ada, *[a_file() for _ in range(3)], ids=ids)

    async def test_what_is_refused_leaves_uploads_as_they_were(self) -> None:
        staff, ada = await an_actor(Role.SUPPORT), an_end_user(APP, ADA)
        ticket = await begun(ada)
        await change_ticket_status(staff, str(ticket.id), TicketStatusChange.model_validate({"status": "closed"}))
        (mine,) = await uploaded(staff, APP)
        with pytest.raises(Conflict):
            await answered(staff, ticket, a_file("other.png"), ids=(mine.key,))
        left = await only_attachment()
        assert (left.id, left.status, left.owner) == (mine.id, AttachmentStatus.UNUSED, None)
        assert await stored_counts() == (1, 1, 1)

    async def test_files_of_somebody_else_are_not_to_be_had(self) -> None:
        """Neither theirs, nor one that was attached before."""
        ada, eve = an_end_user(APP, ADA), an_end_user(APP, EVE)
        (adas,) = await uploaded(ada, APP)
        with pytest.raises(InvalidInput, match="attachmentIds"):
            await begun(eve, ids=(adas.key,), email=EVE)
        await begun(ada, ids=(adas.key,))
        with pytest.raises(InvalidInput, match="attachmentIds"):
            await begun(ada, ids=(adas.key,))
        assert await Ticket.find_all().count() == 1

    async def test_one_file_in_two_tickets_at_once_is_in_one(self) -> None:
        ada = an_end_user(APP, ADA)
        (file,) = await uploaded(ada, APP)
        answers = await asyncio.gather(*(begun(ada, ids=(file.key,)) for _ in range(10)), return_exceptions=True)
        assert sum(isinstance(answer, Ticket) for answer in answers) == 1
        assert await Ticket.find({"attachments.id": file.id}).count() == 1


class TestGoing:
    async def test_with_their_ticket(self) -> None:
        ada, staff = an_end_user(APP, ADA), await an_actor()
        ticket = await begun(ada, a_file())
        await answered(staff, ticket, a_file(), isInternal=True)
        await begun(ada, a_file("stays.png"))
        await delete_ticket(staff, str(ticket.id))
        assert (await only_attachment()).filename == "stays.png"
        await delete_tickets(staff, APP, TicketsDelete.model_validate({"status": "new"}))
        assert await stored_counts() == (0, 0, 0)

    async def test_with_whoever_is_erased(self) -> None:
        ada, staff = an_end_user(APP, ADA), await an_actor()
        ticket = await begun(ada, a_file("adas.png"))
        await answered(staff, ticket, a_file("answer.png"))
        await answered(staff, ticket, a_file("note.png"), isInternal=True)
        await begun(an_end_user(APP, EVE), a_file("eves.png"), email=EVE)
        assert ticket.contact_id is not None
        shown = (await (await export_contact(SYSTEM, str(ticket.contact_id))).collected())["attachments"]
        assert {row["filename"] for row in shown} == {"adas.png", "answer.png"}
        assert all(row.keys() == {"appId", "filename", "mimetype", "size", "createdAt"} for row in shown)
        await erase_contact(SYSTEM, str(ticket.contact_id))
        assert (await only_attachment()).filename == "eves.png"
        assert await stored_counts() == (1, 1, 1)

    async def test_with_a_shop_that_is_redacted(self) -> None:
        ticket = await begun(await an_actor(), a_file(), shopDomain="tea.myshopify.com")
        assert ticket.shop_domain == "tea.myshopify.com"
        await redact_tickets_of_shop(APP, "tea.myshopify.com")
        assert await stored_counts() == (0, 0, 0)
        assert await AppEvent.find_all().count() == 0


class TestUpkeep:
    @pytest.mark.parametrize("last_arrives", [True, False])
    async def test_whoever_dies_at_any_write_leaves_a_ticket_with_its_files_or_neither(
        self, last_arrives: bool
    ) -> None:
        ada = an_end_user(APP, ADA)
        for writes in range(40):
            try:
                with dying(writes, last_arrives=last_arrives):
                    await begun(ada, a_file(), ids=())
            except Killed:
                with clock.shifted(max(UNUSED_KEPT, CHECKED_AFTER) + timedelta(minutes=1)):
                    await sweep_attachments(SYSTEM)
                messages = await TicketMessage.find_all().count()
                assert await stored_counts() == (messages,) * 3, writes
            else:
                assert writes > 5
                return
            await _empty()
        pytest.fail("it never came to its end")

    async def test_files_of_what_was_written_stay_and_are_looked_at_once(self) -> None:
        await begun(an_end_user(APP, ADA), a_file())
        with clock.shifted(CHECKED_AFTER):
            assert await sweep_attachments(SYSTEM) == 0
        checked = (await only_attachment()).checked_at
        with clock.shifted(CHECKED_AFTER * 100):
            assert await sweep_attachments(SYSTEM) == 0
        assert (await only_attachment()).checked_at == checked is not None


async def _empty() -> None:
    for kind in (Ticket, TicketMessage):
        await kind.find_all().delete()
    with clock.shifted(UNUSED_KEPT * 2):
        await Attachment.find_all().update({"$set": {"checkedAt": None}})
        await sweep_attachments(SYSTEM)
