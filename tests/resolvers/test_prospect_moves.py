"""How prospects come to another status, and what the ledger of consent has to say."""

import asyncio
from datetime import timedelta

import pytest

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, ConsentState, LegalBasis
from models.deliveries import Refusal
from models.email_events import EmailEventType
from models.enrollments import ExitReason
from models.prospects import Prospect, ProspectStatus
from resolvers.consent import opt_out_contact
from resolvers.contacts import get_contact
from resolvers.email_effects import apply_pending_email_events
from resolvers.email_events import event_about, record_event
from resolvers.prospect_moves import (
    ProspectStatusChange,
    change_prospect_status,
    note_contacted,
    note_replied,
)
from resolvers.prospect_outreach import contact_for_outreach
from resolvers.prospects import change_prospect
from resolvers.sending import can_send
from tests.factories.apps import an_app
from tests.factories.contacts import with_consent
from tests.factories.mail import a_delivery
from tests.factories.people import an_actor
from tests.factories.prospects import SYSTEM, a_prospect, prospect_now
from tests.factories.sequences import a_sequence, an_enrollment, an_outreach_template, current, mail
from tests.factories.shops import a_domain, a_shop, an_event

pytestmark = pytest.mark.usefixtures("platform")

OUTREACH = ConsentCategory.OUTREACH
NEW, CONTACTED, ENGAGED, QUALIFIED, CUSTOMER, DISQUALIFIED, DO_NOT_CONTACT = ProspectStatus


async def moved(actor: Actor, prospect: Prospect, status: ProspectStatus, reason: str | None = None) -> Prospect:
    change = ProspectStatusChange(status=status, reason=reason)
    return await change_prospect_status(actor, str(prospect.id), change)


async def refusal_of(prospect: Prospect) -> Refusal | None:
    return (await can_send(prospect.email, OUTREACH, None)).refusal


async def ledger() -> list[tuple[ConsentState, LegalBasis | None]]:
    entries = await ConsentEntry.find({"category": OUTREACH.value}).sort("at", "_id").to_list()
    return [(entry.state, entry.legal_basis) for entry in entries]


class TestWorks:
    async def test_the_history_says_who_when_and_why(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        await moved(marketing, ada, CONTACTED)
        now = await moved(marketing, ada, DISQUALIFIED, "Has no shop")
        assert [(one.before, one.after, one.by, one.reason) for one in now.history] == [
            (NEW, CONTACTED, marketing.label, None),
            (CONTACTED, DISQUALIFIED, marketing.label, "Has no shop"),
        ]
        assert now.status_changed_at == now.history[-1].at

    async def test_the_same_status_changes_nothing(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        assert (await moved(marketing, ada, NEW)).version == ada.version

    async def test_nobody_is_new_twice_unless_they_were_put_aside(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        await moved(marketing, ada, QUALIFIED)
        with pytest.raises(InvalidInput) as refused:
            await moved(marketing, ada, NEW)
        assert refused.value.field == "status"
        await moved(marketing, ada, DISQUALIFIED)
        assert (await moved(marketing, ada, NEW)).status is NEW


class TestOutreach:
    async def test_who_is_written_to_is_a_contact_with_the_grounds_in_the_ledger(self) -> None:
        ada = await a_prospect(name="Ada", language="en", source="fair")
        contact = await contact_for_outreach(ada, SYSTEM)
        assert await contact_for_outreach(await prospect_now(ada), SYSTEM) == contact
        assert (contact.name, contact.language, (await prospect_now(ada)).contact_id) == ("Ada", "en", contact.id)
        assert await ledger() == [(ConsentState.NOT_SPECIFIED, LegalBasis.LEGITIMATE_INTERESTS)]
        assert contact.consents.outreach.source == "prospect: fair"
        assert await refusal_of(ada) is None

    async def test_an_objection_that_comes_meanwhile_counts(self) -> None:
        ada = await a_prospect()
        with clock.shifted(timedelta(minutes=1)):
            await asyncio.gather(
                contact_for_outreach(ada, SYSTEM), moved(await an_actor(Role.MARKETING), ada, DO_NOT_CONTACT)
            )
        assert await refusal_of(ada) is Refusal.OPTED_OUT
        assert (await prospect_now(ada)).status is DO_NOT_CONTACT

    async def test_what_they_are_sent_and_answer_moves_them_on(self) -> None:
        ada, at = await a_prospect("Ada@example.com"), clock.now()
        for _ in range(2):
            await note_contacted("ada@example.com", at, SYSTEM)
        assert (await prospect_now(ada)).status is CONTACTED
        for _ in range(2):
            await note_replied("ada@example.com", at + timedelta(hours=1), SYSTEM)
        await note_contacted("ada@example.com", at - timedelta(days=1), SYSTEM)
        now = await prospect_now(ada)
        assert [change.after for change in now.history] == [CONTACTED, ENGAGED]
        assert (now.last_contacted_at, now.last_replied_at) == (at, at + timedelta(hours=1))

    async def test_what_becomes_of_outreach_is_followed_and_of_other_mail_is_not(self) -> None:
        ada = await a_prospect("Ada@example.com")
        contact, at = await contact_for_outreach(ada, SYSTEM), clock.now()
        other, outreach = await a_delivery(contact), await a_delivery(contact, category=OUTREACH)
        for delivery, expected in ((other, NEW), (outreach, ENGAGED)):
            for type_ in (EmailEventType.REPLIED, EmailEventType.SENT):
                await record_event(event_about(delivery, type_, source="tests", at=at))
            await apply_pending_email_events(SYSTEM)
            assert (await prospect_now(ada)).status is expected

    async def test_an_answer_does_not_move_back_who_is_further(self) -> None:
        ada = await a_prospect(status="qualified")
        await note_replied(ada.email_key, clock.now(), SYSTEM)
        assert (await prospect_now(ada)).status is QUALIFIED

    async def test_mail_to_who_is_no_prospect_moves_nobody(self) -> None:
        await note_contacted("nobody@example.com", clock.now(), SYSTEM)
        assert await Prospect.find_all().count() == 0


class TestDoNotContact:
    async def test_it_withdraws_outreach_in_the_ledger(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        now = await moved(marketing, ada, DO_NOT_CONTACT, "Asked by phone")
        assert (now.status, now.history[-1].by, now.history[-1].reason) == (
            DO_NOT_CONTACT,
            marketing.label,
            "Asked by phone",
        )
        assert await refusal_of(ada) is Refusal.OPTED_OUT
        assert await ledger() == [(ConsentState.OPTED_OUT, None)]
        contact = await get_contact(marketing, ada.email)
        assert (contact.id, contact.consents.newsletter.state) == (now.contact_id, ConsentState.NOT_SPECIFIED)

    async def test_a_prospect_may_begin_with_it(self) -> None:
        ada = await a_prospect(status="do_not_contact")
        assert (ada.status, await refusal_of(ada)) == (DO_NOT_CONTACT, Refusal.OPTED_OUT)

    async def test_who_withdraws_themselves_is_not_to_be_contacted(self) -> None:
        ada = await a_prospect(status="engaged")
        contact = await contact_for_outreach(ada, SYSTEM)
        await with_consent(contact, OUTREACH, ConsentState.OPTED_OUT, source="reply")
        assert (await prospect_now(ada)).status is DO_NOT_CONTACT

    async def test_a_customer_who_wants_no_mail_stays_a_customer(self) -> None:
        ada = await a_prospect(status="customer")
        contact = await contact_for_outreach(ada, SYSTEM)
        await opt_out_contact(SYSTEM, str(contact.id))
        assert (await prospect_now(ada)).status is CUSTOMER
        assert (await moved(await an_actor(), ada, DO_NOT_CONTACT)).status is DO_NOT_CONTACT

    async def test_staff_take_back_what_staff_said(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        await moved(marketing, ada, DO_NOT_CONTACT)
        now = await moved(marketing, ada, CONTACTED, "It was their colleague")
        assert (now.status, await refusal_of(ada)) == (CONTACTED, None)
        assert (await ledger())[-1] == (ConsentState.NOT_SPECIFIED, LegalBasis.LEGITIMATE_INTERESTS)
        assert (await moved(marketing, ada, DO_NOT_CONTACT)).status is DO_NOT_CONTACT
        assert await refusal_of(ada) is Refusal.OPTED_OUT

    async def test_not_without_a_reason(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect(status="do_not_contact")
        with pytest.raises(InvalidInput) as refused:
            await moved(marketing, ada, CONTACTED)
        assert refused.value.field == "reason"

    async def test_the_system_does_not(self) -> None:
        ada = await a_prospect(status="do_not_contact")
        with pytest.raises(InvalidInput) as refused:
            await moved(SYSTEM, ada, CONTACTED, "Opened a mail")
        assert refused.value.field == "status"
        await note_contacted(ada.email_key, clock.now(), SYSTEM)
        await note_replied(ada.email_key, clock.now(), SYSTEM)
        assert (await prospect_now(ada)).status is DO_NOT_CONTACT

    async def test_what_the_person_said_only_they_take_back(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        contact = await contact_for_outreach(ada, SYSTEM)
        await with_consent(contact, OUTREACH, ConsentState.OPTED_OUT, source="unsubscribe link")
        with pytest.raises(InvalidInput) as refused:
            await moved(marketing, ada, CONTACTED, "We would like to")
        assert "unsubscribe link" in refused.value.message
        assert (await moved(marketing, ada, DISQUALIFIED, "No shop")).status is DISQUALIFIED
        assert await refusal_of(ada) is Refusal.OPTED_OUT

    async def test_who_withdraws_while_they_are_changed_is_not_moved(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        await moved(marketing, ada, DO_NOT_CONTACT)
        with pytest.raises(Conflict):
            await change_prospect(ada, {"name": "Ada", "status": CONTACTED}, marketing)
        assert (await prospect_now(ada)).status is DO_NOT_CONTACT
        assert await refusal_of(ada) is Refusal.OPTED_OUT

    async def test_a_later_entry_of_another_kind_does_not_bring_it_back(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect(status="do_not_contact")
        await moved(marketing, ada, QUALIFIED, "It was their colleague")
        contact = await get_contact(marketing, ada.email)
        await with_consent(contact, ConsentCategory.NEWSLETTER, ConsentState.OPTED_OUT)
        assert (await prospect_now(ada)).status is QUALIFIED


class TestCustomers:
    async def test_an_installation_makes_a_customer_once(self) -> None:
        app, domain = await an_app(), a_domain()
        ada = await a_prospect("ada@tea.example.com", status="qualified")
        await a_shop(app.id, domain, email="Ada@tea.example.com")
        won = await prospect_now(ada)
        assert (won.status, won.history[-1].reason) == (CUSTOMER, f"{domain} installed {app.id}")
        await moved(await an_actor(Role.MARKETING), ada, ENGAGED)
        await an_event(app.id, "app-uninstalled", domain)
        await an_event(app.id, "app-installed", domain)
        assert (await prospect_now(ada)).status is ENGAGED

    async def test_outreach_ends_with_it(self) -> None:
        app, ada = await an_app(), await a_prospect("ada@tea.example.com")
        contact = await contact_for_outreach(ada, SYSTEM)
        enrollment = await an_enrollment(await a_sequence([mail(await an_outreach_template(app.id))]), contact)
        await a_shop(app.id, email="ada@tea.example.com")
        assert (await current(enrollment.id)).exit_reason is ExitReason.CONVERTED

    async def test_whose_shop_it_is_counts_as_well(self) -> None:
        app, domain = await an_app(), a_domain()
        ada = await a_prospect(shopDomain=domain)
        await a_shop(app.id, domain, email="somebody.else@example.com")
        assert (await prospect_now(ada)).status is CUSTOMER

    async def test_who_must_not_be_contacted_stays_so(self) -> None:
        ada = await a_prospect("ada@tea.example.com", status="do_not_contact")
        await a_shop((await an_app()).id, email="ada@tea.example.com")
        now = await prospect_now(ada)
        assert now.status is DO_NOT_CONTACT
        assert now.converted_at is not None

    async def test_an_uninstallation_makes_nobody_a_customer(self) -> None:
        app, domain = await an_app(), a_domain()
        await a_shop(app.id, domain)
        await an_event(app.id, "app-uninstalled", domain)
        ada = await a_prospect(shopDomain=domain)
        await an_event(app.id, "app-uninstalled", domain, reason="Again")
        assert (await prospect_now(ada)).status is NEW


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins(self, role: Role) -> None:
        ada = await a_prospect()
        with pytest.raises(Forbidden):
            await moved(await an_actor(role), ada, CONTACTED)


class TestMissing:
    async def test_an_unknown_prospect_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            await change_prospect_status(await an_actor(), "0" * 24, ProspectStatusChange(status=CONTACTED))
