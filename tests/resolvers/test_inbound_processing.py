"""What follows from received mail, and that it follows once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from beanie import PydanticObjectId

from core import clock
from core.errors import found
from core.runtime import Runtime, start
from models.apps import App, AppSupport
from models.attachments import Attachment, AttachmentStatus
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, Contact
from models.deliveries import Delivery, DeliveryOutreach, DeliveryStatus, DeliveryThread
from models.email_events import BounceKind, EmailEvent, EmailEventType
from models.enrollments import Enrollment, EnrollmentStatus, ExitReason
from models.files import FileChunk
from models.inbound_messages import InboundClassification, InboundMatch, InboundMessage, InboundStatus
from models.slack_messages import SlackMessage
from models.slack_routing import SlackTopic
from models.suppressions import Suppression
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketSource, TicketStatus
from resolvers.inbound_effects import PER_SENDER, STRANGER
from resolvers.inbound_messages import reprocess_inbound_message
from resolvers.reply_addresses import mail_reply_address, reply_address
from tasks.rollups import apply_all
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.dying import Killed, dying
from tests.factories.inbound import CUSTOMER, DOMAIN, a_bounce, a_complaint, a_mail, kept, processed, received
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template, current, mail
from tests.factories.slack import a_rule
from tests.factories.tickets import a_ticket, conversation

OTHER = "Bob <bob@other.example>"


@pytest.fixture(autouse=True)
def receiving(platform: Runtime) -> Runtime:
    return start(platform.settings.model_copy(update={"inbound_domain": DOMAIN}), platform.mongo)


@pytest.fixture
async def app() -> App:
    return await an_app()


@pytest.fixture
async def ada() -> Contact:
    return await a_contact(CUSTOMER)


async def a_newsletter(app: App, to: Contact, **fields: Any) -> Delivery:
    identity = PydanticObjectId()
    known = {"id": identity, "message_id": f"<{identity}@banners.example>"}
    return await a_delivery(to, await a_campaign(app.id, subject="News for {{ name }}"), **{**known, **fields})


async def an_answered_ticket(app: App, **fields: Any) -> tuple[Ticket, Delivery]:
    """And the mail that it was answered by."""
    ticket = await a_ticket(app.id, email=CUSTOMER, subject="The banner", **fields)
    contact = found(await Contact.find_one({"emailKey": CUSTOMER}), "Contact")
    identity = PydanticObjectId()
    delivery = await a_delivery(
        contact,
        id=identity,
        app_id=app.id,
        message_id=f"<{identity}@banners.example>",
        thread=DeliveryThread(ticket_id=ticket.id),
    )
    return ticket, delivery


async def events_of(delivery: Delivery) -> list[EmailEventType]:
    events = await EmailEvent.find({"deliveryId": delivery.id, "source": "inbound"}).sort("_id").to_list()
    return [event.type for event in events]


class TestTickets:
    @pytest.mark.parametrize("by", ["address", "reference", "root", "sender"])
    async def test_an_answer_goes_on_with_its_ticket(self, app: App, by: str) -> None:
        ticket, delivery = await an_answered_ticket(app, status=TicketStatus.PENDING)
        ways: dict[str, dict[str, Any]] = {
            "address": {"to": reply_address(ticket.id), "sender": OTHER},
            "reference": {"answers": delivery.message_id},
            "root": {"answers": f"<ticket-{ticket.id}@banners.example>"},
            "sender": {"subject": "RE: AW: the  banner"},
        }
        quoted = "It works!\n\nOn Tue, Mar 4, 2025 at 9:12 AM Sam <sam@banners.example> wrote:\n> Please reload\n"
        message = await received(a_mail(quoted, **ways[by]))
        assert (message.status, message.ticket_id, message.app_id) == (InboundStatus.PROCESSED, ticket.id, app.id)
        assert message.matched_by is InboundMatch("reference" if by == "root" else by)
        assert (message.new_text, message.classification) == ("It works!", InboundClassification.UNKNOWN)
        assert (await conversation(ticket))[1:] == ["It works!"]
        assert found(await Ticket.get(ticket.id), "Ticket").status is TicketStatus.OPEN

    async def test_files_come_along_if_they_are_of_a_kind_that_is_taken(self, app: App) -> None:
        ticket, _ = await an_answered_ticket(app)
        files = [
            ("virus.exe", "application/octet-stream", b"MZ\x90\x00" * 50),
            ("log.txt", "text/plain", b"all is well"),
        ]
        message = await received(a_mail(to=str(reply_address(ticket.id)), files=files))
        (written,) = await TicketMessage.find({"mailId": message.message_id}).to_list()
        assert [file.filename for file in written.attachments] == ["log.txt"]
        assert message.outcomes == [f"Added to the ticket {ticket.reference}, without virus.exe"]
        (attachment,) = await Attachment.find_all().to_list()
        assert (attachment.status, attachment.owner and attachment.owner.id) == (AttachmentStatus.USED, written.id)

    async def test_what_is_written_to_an_app_begins_a_ticket(self, app: App) -> None:
        await app.set({"support": AppSupport(email="help@banners.example").model_dump(by_alias=True)})
        forwarded = await received(a_mail("How do I?", to="Help@Banners.example", subject="A question"), f"x@{DOMAIN}")
        direct = await received(a_mail("How do I?", to=f"{app.id}@{DOMAIN}", subject="Another question"))
        for message in (forwarded, direct):
            ticket = found(await Ticket.get(message.ticket_id), "Ticket")
            assert (ticket.app_id, ticket.email, ticket.source) == (app.id, CUSTOMER, TicketSource.EMAIL)
            assert (message.status, message.matched_by) == (InboundStatus.PROCESSED, None)
            assert message.outcomes == [f"Began the ticket {ticket.reference}"]

    async def test_an_app_may_want_none(self, app: App) -> None:
        await app.set({"support": AppSupport(begins_tickets_by_mail=False).model_dump(by_alias=True)})
        message = await received(a_mail(to=f"{app.id}@{DOMAIN}", subject="A question"))
        assert (message.status, message.app_id, await Ticket.count()) == (InboundStatus.UNMATCHED, app.id, 0)

    @pytest.mark.parametrize("to", [f"{DOMAIN}", f"nobody@{DOMAIN}", "banners@elsewhere.example"])
    async def test_what_belongs_to_nothing_begins_nothing(self, app: App, to: str) -> None:
        message = await received(a_mail(to=to, subject="A question"))
        assert (message.status, message.ticket_id) == (InboundStatus.UNMATCHED, None)
        assert (await Ticket.count(), await EmailEvent.count()) == (0, 0)

    async def test_machines_never_begin_tickets_nor_write_in_them(self, app: App) -> None:
        ticket, _ = await an_answered_ticket(app)
        away: dict[str, Any] = {"auto_submitted": "auto-replied", "subject": "Out of office"}
        for to in (str(reply_address(ticket.id)), f"{app.id}@{DOMAIN}"):
            message = await received(a_mail("I am on vacation until 12 March 2025.", to=to, **away))
            assert message.classification is InboundClassification.OUT_OF_OFFICE
            assert (message.returns_at and message.returns_at.date().isoformat(), message.outcomes) == (
                "2025-03-12",
                [],
            )
        assert (await Ticket.count(), await TicketMessage.count()) == (1, 1)

    async def test_what_comes_from_ourselves_leads_to_nothing(self, app: App) -> None:
        for sender in (f"{app.id}@{DOMAIN}", "noreply@localhost"):
            message = await received(a_mail(sender=sender, to=f"{app.id}@{DOMAIN}", subject="A question"))
            assert message.outcomes == ["It comes from ourselves: nothing follows"]
        assert await Ticket.count() == 0

    async def test_a_loop_ends(self, app: App) -> None:
        for number in range(PER_SENDER + 2):
            await received(a_mail(to=f"{app.id}@{DOMAIN}", subject=f"Question number {number}"))
        assert await Ticket.count() == PER_SENDER
        last = found(await InboundMessage.find_all().sort("-_id").first_or_none(), "Message")
        assert "by hand" in last.outcomes[0]
        await processed(await reprocess_inbound_message(await an_actor(), str(last.id)))
        assert await Ticket.count() == PER_SENDER + 1


class TestReports:
    @pytest.mark.parametrize(
        ("status", "said", "kind"),
        [
            ("5.1.1", "550 5.1.1 User unknown", BounceKind.HARD),
            ("4.2.2", "452 4.2.2 Mailbox full", BounceKind.SOFT),
            ("5.7.1", "550 5.7.1 Message rejected as spam", BounceKind.POLICY),
        ],
    )
    async def test_a_bounce_is_recorded_and_blocks_where_the_address_is_the_reason(
        self, app: App, ada: Contact, status: str, said: str, kind: BounceKind
    ) -> None:
        delivery = await a_newsletter(app, ada)
        message = await received(a_bounce(str(delivery.message_id), status=status, said=said))
        assert (message.classification, message.status) == (InboundClassification.BOUNCE, InboundStatus.PROCESSED)
        assert (message.delivery_id, message.campaign_id, message.contact_id) == (
            delivery.id,
            delivery.campaign_id,
            ada.id,
        )
        (event,) = await EmailEvent.find({"deliveryId": delivery.id}).to_list()
        assert (event.type, event.bounce) == (EmailEventType.BOUNCED, kind)
        await apply_all()
        assert await Suppression.find_all().count() == (1 if kind is BounceKind.HARD else 0)

    async def test_a_delay_is_no_bounce(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        await received(a_bounce(str(delivery.message_id), status="4.4.1", action="delayed", said="4.4.1 no answer"))
        assert await events_of(delivery) == [EmailEventType.DELAYED]

    async def test_a_complaint_ends_what_may_be_refused(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        message = await received(a_complaint(str(delivery.message_id)))
        assert message.classification is InboundClassification.UNSUBSCRIBE
        assert await events_of(delivery) == [EmailEventType.COMPLAINED]
        await apply_all()
        assert await Suppression.find_all().count() == 1

    async def test_that_something_is_not_spam_is_no_complaint(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        await received(a_complaint(str(delivery.message_id), kind="not-spam"))
        assert await events_of(delivery) == []

    @pytest.mark.parametrize("report", [a_bounce, a_complaint])
    async def test_forged_reports_lead_to_nothing(
        self, app: App, ada: Contact, report: Callable[[str, str], bytes]
    ) -> None:
        sent, queued = await a_newsletter(app, ada), await a_newsletter(app, ada, status=DeliveryStatus.QUEUED)
        forged = [
            report(str(sent.message_id), "bob@other.example"),
            report(f"<{sent.id}@elsewhere.example>", CUSTOMER),
            report(str(queued.message_id), CUSTOMER),
            report(f"<{PydanticObjectId()}@banners.example>", CUSTOMER),
            report("<1@mail.example>", CUSTOMER),
        ]
        nameless = a_complaint(str(sent.message_id), "nobody")
        for raw in (*forged, nameless.replace(b"To: nobody\n", b"")):
            await received(raw)
        assert (await EmailEvent.count(), await Suppression.count()) == (0, 0)

    async def test_one_at_the_address_of_a_mail_is_believed(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        raw = a_bounce("<lost@elsewhere.example>", "ada@forwarded.example")
        await received(raw, str(mail_reply_address(delivery.id)))
        assert await events_of(delivery) == [EmailEventType.BOUNCED]


class TestPeople:
    @pytest.mark.parametrize("by", ["address", "reference", "sender"])
    async def test_an_answer_to_a_newsletter_is_a_reply(self, app: App, ada: Contact, by: str) -> None:
        delivery = await a_newsletter(app, ada)
        ways: dict[str, dict[str, Any]] = {
            "address": {"to": mail_reply_address(delivery.id)},
            "reference": {"answers": delivery.message_id},
            "sender": {"subject": "Re: News for Ada"},
        }
        message = await received(a_mail("Which of your plans has that?", **ways[by]))
        assert (message.matched_by, message.delivery_id) == (InboundMatch(by), delivery.id)
        assert (message.contact_id, message.classification) == (ada.id, InboundClassification.QUESTION)
        assert await events_of(delivery) == [EmailEventType.REPLIED]
        await apply_all()
        assert found(await Delivery.get(delivery.id), "Delivery").replied_at == message.sent_at

    async def test_who_wants_no_more_is_believed_at_once(self, app: App, ada: Contact) -> None:
        await with_consent(ada, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN, at="2025-01-01T00:00:00Z")
        delivery = await a_newsletter(app, ada)
        message = await received(a_mail("Please unsubscribe me.", answers=delivery.message_id))
        assert message.outcomes == ["Recorded a reply", "Withdrew the consent to newsletter mail"]
        consents = found(await Contact.get(ada.id), "Contact").consents
        assert consents.newsletter.state is ConsentState.OPTED_OUT
        types = await EmailEvent.find({"deliveryId": delivery.id}).to_list()
        assert {event.type for event in types} == {EmailEventType.REPLIED, EmailEventType.UNSUBSCRIBED}

    async def test_somebody_else_does_not_unsubscribe_them(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        message = await received(a_mail("unsubscribe", sender=OTHER, answers=delivery.message_id))
        colleague = await received(a_mail("unsubscribe", sender="sam@tea.example", answers=delivery.message_id))
        assert (message.outcomes, colleague.outcomes) == ([STRANGER], ["Recorded a reply", STRANGER])
        assert await ConsentEntry.count() == 0

    async def test_slack_hears_of_answers(self, app: App, ada: Contact) -> None:
        await a_rule(topic=SlackTopic.REPLIES)
        delivery = await a_newsletter(app, ada)
        await received(a_mail("Yes, please!", answers=delivery.message_id))
        (told,) = await SlackMessage.find_all().to_list()
        assert told.text == "Ada Byron answered “Re: The banner”: positive"

    async def test_of_somebody_who_was_erased_nothing_is_known(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        await delivery.set({"email": ""})
        await received(a_bounce(str(delivery.message_id)))
        assert await events_of(delivery) == []


class TestSequences:
    """Mail of a step, to somebody who is in a sequence."""

    @pytest.fixture
    async def enrolled(self, app: App, ada: Contact) -> tuple[Enrollment, Delivery]:
        sequence = await a_sequence([mail(await an_outreach_template(app.id))])
        enrollment = await an_enrollment(sequence, ada)
        identity = PydanticObjectId()
        outreach = DeliveryOutreach(sequence_id=sequence.id, enrollment_id=enrollment.id, step=1, day="2026-01-30")
        names: dict[str, Any] = {"id": identity, "message_id": f"<{identity}@banners.example>", "app_id": app.id}
        return enrollment, await a_delivery(ada, outreach=outreach, subject="A question, Ada", **names)

    @pytest.mark.parametrize("by", ["address", "reference", "sender"])
    async def test_an_answer_ends_it(self, enrolled: tuple[Enrollment, Delivery], by: str) -> None:
        enrollment, delivery = enrolled
        ways: dict[str, dict[str, Any]] = {
            "address": {"to": mail_reply_address(delivery.id), "sender": OTHER},
            "reference": {"answers": delivery.message_id},
            "sender": {"subject": "Aw: A question, Ada"},
        }
        message = await received(a_mail("Not interested.", **ways[by]))
        assert (message.enrollment_id, message.matched_by) == (enrollment.id, InboundMatch(by))
        after = await current(enrollment.id)
        assert (after.status, after.exit_reason) == (EnrollmentStatus.EXITED, ExitReason.REPLIED)
        assert message.outcomes == ["Recorded a reply", "Ended the sequence for them"]

    async def test_a_stranger_does_not_end_it(self, enrolled: tuple[Enrollment, Delivery]) -> None:
        enrollment, delivery = enrolled
        message = await received(a_mail("Stop", sender=OTHER, answers=delivery.message_id))
        assert message.outcomes == [STRANGER]
        assert (await current(enrollment.id)).status is EnrollmentStatus.ACTIVE

    @pytest.mark.parametrize("says", ["until", "nothing"])
    async def test_whoever_is_away_is_waited_for(self, enrolled: tuple[Enrollment, Delivery], says: str) -> None:
        enrollment, delivery = enrolled
        now = clock.now()
        back = (now + timedelta(days=20)).date()
        text = f"I am out of the office until {back:%d %B %Y}." if says == "until" else "I am out of the office."
        away: dict[str, Any] = {"auto_submitted": "auto-replied", "subject": "Automatic reply: A question, Ada"}
        message = await received(a_mail(text, answers=delivery.message_id, date=now, **away))
        held = (await current(enrollment.id)).held_until
        assert held is not None
        assert held.date() == (back if says == "until" else (now + timedelta(days=7)).date())
        assert message.outcomes == [f"The sequence waits until {held:%Y-%m-%d}"]
        assert (await current(enrollment.id)).status is EnrollmentStatus.ACTIVE

    async def test_one_that_names_no_mail_is_found_by_who_is_away(self, enrolled: tuple[Enrollment, Delivery]) -> None:
        away: dict[str, Any] = {"auto_submitted": "auto-replied", "subject": "Automatic reply: A question, Ada"}
        message = await received(a_mail("I am out of the office.", date=clock.now(), **away))
        assert (message.enrollment_id, message.matched_by) == (enrolled[0].id, InboundMatch.SENDER)

    async def test_who_is_back_is_not_waited_for(self, enrolled: tuple[Enrollment, Delivery]) -> None:
        enrollment, delivery = enrolled
        raw = a_mail("I am out of the office.", answers=delivery.message_id, auto_submitted="auto-replied")
        assert (await received(raw)).outcomes == []
        assert (await current(enrollment.id)).held_until is None


class TestAgain:
    async def test_whoever_dies_in_between_everything_happens_once(self, app: App) -> None:
        """At each write in turn, before and after it arrived; then the job runs again."""
        finished = False
        for writes in range(40):
            ticket, delivery = await an_answered_ticket(app)
            files = [("log.txt", "text/plain", b"all is well")]
            raw = a_mail("Is it fixed?", to=str(reply_address(ticket.id)), answers=delivery.message_id, files=files)
            message = await kept(raw)
            with suppress(Killed), dying(writes, last_arrives=bool(writes % 2)):
                await processed(message)
                finished = True
            await processed(message)
            assert await conversation(ticket) == [ticket.message, "Is it fixed?"]
            (written,) = await TicketMessage.find({"mailId": message.message_id}).to_list()
            owned = await Attachment.find({"owner.id": written.id}).to_list()
            assert [file.id for file in written.attachments] == [file.id for file in owned]
            assert await events_of(delivery) == [EmailEventType.REPLIED]
            await message.set({"senderKey": "somebody else"})
            if finished:
                break
        assert finished

    async def test_a_withdrawal_that_is_cut_off_is_finished(self, app: App) -> None:
        for writes in range(16):
            contact = await a_contact()
            await with_consent(contact, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN, at="2025-01-01T00:00:00Z")
            delivery = await a_newsletter(app, contact)
            message = await kept(a_mail("unsubscribe", sender=contact.email, answers=delivery.message_id))
            with suppress(Killed), dying(writes // 2, last_arrives=bool(writes % 2)):
                await processed(message)
            await processed(message)
            out = {"contactId": contact.id, "state": ConsentState.OPTED_OUT.value}
            assert await ConsentEntry.find(out).count() == 1
            kinds = [event.type for event in await EmailEvent.find({"deliveryId": delivery.id}).to_list()]
            assert sorted(kinds) == [EmailEventType.REPLIED, EmailEventType.UNSUBSCRIBED]

    async def test_a_copy_to_another_of_our_addresses_adds_nothing(self, app: App, ada: Contact) -> None:
        delivery = await a_newsletter(app, ada)
        raw = a_bounce(str(delivery.message_id))
        await received(raw, f"a@{DOMAIN}")
        await received(raw, f"b@{DOMAIN}")
        assert await InboundMessage.count() == 2
        assert await events_of(delivery) == [EmailEventType.BOUNCED]

    async def test_what_was_done_is_left_as_it_is(self, app: App) -> None:
        message = await received(a_mail())
        again = await processed(message)
        assert again == message

    async def test_a_mail_without_its_bytes_fails_in_the_end(self, app: App) -> None:
        message = await kept(a_mail())
        await FileChunk.find({"files_id": message.raw_id}).delete()
        with pytest.raises(Exception, match="not kept"):
            await processed(message)
        assert (await InboundMessage.get(message.id)).problem  # type: ignore[union-attr]
