"""Sending what the agent drafted: a person does, once, where it may be sent then. A crash loses and doubles nothing."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.access import MARKETING, SUPPORT
from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound
from models.agent_actions import AgentAction, AgentActionStatus, AgentChangeKind, AgentCheck, AgentDecision
from models.contacts import ConsentCategory, Contact
from models.deliveries import Delivery, DeliveryKind
from models.email_jobs import EmailJob
from models.suppressions import SuppressionReason
from models.ticket_messages import TicketMessage
from models.tickets import TicketStatus
from resolvers.agent_sending import resume_agent_mail, send_agent_draft
from resolvers.consent import opt_out_contact
from resolvers.mail_contents import message_for
from resolvers.suppressions import suppress as put_on_list
from resolvers.ticket_upkeep import finish_ticket_events
from resolvers.tickets import TicketStatusChange, change_ticket_status
from resolvers.transactional import enqueue_forgotten_mail
from tests.factories.agent import BODY, a_reading, an_agent_action, an_answer
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.dying import Killed, dying
from tests.factories.mail import a_delivery
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.prospects import a_prospect
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket, conversation, kept

pytestmark = pytest.mark.usefixtures("platform")

CLOCK = Actor.system("agent")
LATER = timedelta(minutes=2)


async def a_draft(**fields: Any) -> AgentAction:
    return await an_agent_action(await an_app(), await a_prospect(name="Ada Lovelace"), **fields)


async def sent(action: AgentAction, actor: Actor | None = None) -> AgentAction:
    return await send_agent_draft(actor or await an_actor(), str(action.id))


async def mails() -> list[Delivery]:
    return await Delivery.find_all().to_list()


class TestADraft:
    async def test_it_goes_the_way_of_all_mail(self) -> None:
        action, marketing = await a_draft(), await an_actor(Role.MARKETING)
        done = await sent(action, marketing)
        (delivery,) = await mails()
        assert (done.status, done.delivery_id, done.sending_since) == (AgentActionStatus.SENT, delivery.id, None)
        assert (done.sent_by, done.decided_by, done.is_judged) == (marketing.label, marketing.label, True)
        assert (delivery.email, delivery.kind, delivery.category) == (
            action.email, DeliveryKind.OUTREACH, ConsentCategory.OUTREACH
        )  # fmt: skip
        assert await EmailJob.find({"payload.deliveryId": str(delivery.id)}).count() == 1

    async def test_what_arrives_is_what_was_approved(self) -> None:
        app, prospect = await an_app(), await a_prospect()
        await sent(await an_agent_action(app, prospect))
        (delivery,) = await mails()
        message = await message_for(delivery, app)
        text = message.content.decode()
        assert "Subject: A question\r\n" in text
        assert BODY[:40] in text
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text
        assert "Auto-Submitted" not in text

    async def test_the_ledger_says_on_what_grounds(self) -> None:
        action = await a_draft()
        await sent(action)
        contact = await Contact.find_one({"emailKey": action.email_key})
        assert contact is not None
        assert contact.consents.outreach.legal_basis == "legitimate_interests"

    async def test_what_was_approved_before_keeps_who_did(self) -> None:
        action = await a_draft(status="approved", decided_by="staff:1", decided_at=clock.now())
        done = await sent(action)
        assert (done.decided_by, done.status) == ("staff:1", AgentActionStatus.SENT)

    async def test_what_a_person_wrote_instead_is_sent(self) -> None:
        done = await sent(await a_draft(status="overridden"))
        assert done.status is AgentActionStatus.SENT


class TestAReply:
    async def test_it_is_an_answer_in_the_ticket(self) -> None:
        app, support = await an_app(), await a_user(Role.SUPPORT)
        ticket = await a_ticket(app.id)
        done = await sent(await an_agent_action(app, ticket), actor_for(support))
        assert await conversation(ticket) == [ticket.message, BODY]
        answer = await TicketMessage.find_one({"ticketId": ticket.id, "isCustomer": False})
        assert answer is not None
        assert (answer.author_email, (await kept(ticket)).status) == (support.email, TicketStatus.OPEN)
        (delivery,) = await Delivery.find({"content": "template:ticket-reply"}).to_list()
        assert (delivery.category, delivery.id) == (ConsentCategory.TRANSACTIONAL, done.delivery_id)

    async def test_to_a_ticket_that_was_closed_meanwhile_it_is_not_sent(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id)
        action = await an_agent_action(app, ticket)
        await change_ticket_status(CLOCK, str(ticket.id), TicketStatusChange(status=TicketStatus.CLOSED))
        with pytest.raises(InvalidInput, match="closed"):
            await sent(action)

    async def test_an_offer_may_be_refused_and_an_answer_still_come(self) -> None:
        app = await an_app()
        ticket = await a_ticket(app.id)
        await opt_out_contact(CLOCK, str(ticket.contact_id))
        assert (await sent(await an_agent_action(app, ticket))).status is AgentActionStatus.SENT


class TestAnAnswerToMail:
    async def test_it_goes_on_with_the_conversation(self) -> None:
        app = await an_app()
        ours = await a_delivery(await a_contact("ada@tea.example"), message_id="<ours@example.com>")
        message = await an_answer(app, delivery_id=ours.id)
        done = await sent(await an_agent_action(app, message), await an_actor(Role.MARKETING))
        delivery = await Delivery.get(done.delivery_id)
        assert delivery is not None
        assert (delivery.email, delivery.category) == (message.sender, ConsentCategory.TRANSACTIONAL)
        text = (await message_for(delivery, app)).content.decode()
        assert f"In-Reply-To: {message.message_id}\r\n" in text
        assert "References: <ours@example.com>" in text
        assert "List-Unsubscribe" not in text

    async def test_a_mail_that_is_gone_is_not_answered(self) -> None:
        app = await an_app()
        message = await an_answer(app)
        action = await an_agent_action(app, message)
        await message.delete()
        with pytest.raises(InvalidInput, match="gone"):
            await sent(action)


class TestWhatIsNotSent:
    async def test_twice(self) -> None:
        action = await a_draft()
        await sent(action)
        with pytest.raises(InvalidInput, match="sent already"):
            await sent(action)
        assert len(await mails()) == 1

    async def test_twice_at_the_same_time(self) -> None:
        action = await a_draft()
        actor = await an_actor()
        outcomes = await asyncio.gather(*(sent(action, actor) for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(one, AgentAction) for one in outcomes) == 1
        assert all(isinstance(one, AgentAction | InvalidInput) for one in outcomes), outcomes
        assert len(await mails()) == 1

    @pytest.mark.parametrize("status", ["rejected", "failed", "expired"])
    async def test_what_has_ended(self, status: str) -> None:
        with pytest.raises(InvalidInput):
            await sent(await a_draft(status=status))

    async def test_what_is_too_old(self) -> None:
        with pytest.raises(InvalidInput, match="expired"):
            await sent(await a_draft(expires_at=clock.now() - timedelta(seconds=1)))

    async def test_what_did_not_pass_a_check(self) -> None:
        failing = AgentCheck(name="links", passed=False, detail="evil.example is not of the app's domains")
        with pytest.raises(InvalidInput, match=r"evil\.example"):
            await sent(await a_draft(checks=[failing], decision=AgentDecision.ESCALATE))

    async def test_what_a_person_has_ruled_out(self) -> None:
        with pytest.raises(InvalidInput, match="needs a text of yours: Too pushy"):
            await sent(await a_draft(status="overridden", decision=AgentDecision.ESCALATE, reasons=["Too pushy"]))

    async def test_to_whom_it_may_not_be_sent_any_more(self) -> None:
        action = await a_draft()
        await put_on_list(action.email, SuppressionReason.COMPLAINT, at=clock.now(), source="tests")
        with pytest.raises(InvalidInput, match="spam"):
            await sent(action)
        assert await mails() == []

    async def test_who_became_a_customer_meanwhile(self) -> None:
        app, prospect = await an_app(), await a_prospect(shopDomain="tea.myshopify.com")
        action = await an_agent_action(app, prospect)
        await a_shop(app.id, "tea.myshopify.com")
        with pytest.raises(InvalidInput, match="already"):
            await sent(action)

    async def test_who_is_held_no_more_is_written_to(self) -> None:
        app, prospect = await an_app(), await a_prospect()
        held = {"decision": AgentDecision.ESCALATE, "holds": ["open_ticket"], "reasons": ["They have an open ticket"]}
        ticket, action = await a_ticket(app.id, email=prospect.email), await an_agent_action(app, prospect, **held)
        with pytest.raises(InvalidInput, match="open ticket"):
            await sent(action)
        await change_ticket_status(CLOCK, str(ticket.id), TicketStatusChange(status=TicketStatus.RESOLVED))
        assert (await sent(action)).status is AgentActionStatus.SENT

    async def test_who_has_another_address_now(self) -> None:
        action = await a_draft()
        await action.set({"emailKey": "somebody.else@example.com"})
        with pytest.raises(InvalidInput, match="another address"):
            await sent(action)

    async def test_a_classification(self) -> None:
        app = await an_app()
        with pytest.raises(InvalidInput, match="not sent"):
            await sent(await a_reading(app, await a_ticket(app.id)))


class TestADeathInBetween:
    @pytest.mark.parametrize("last_arrives", [True, False])
    @pytest.mark.parametrize("writes", range(8))
    async def test_a_draft_is_sent_once_or_still_is_one(self, writes: int, last_arrives: bool) -> None:
        action, actor = await a_draft(), await an_actor()
        with suppress(Killed), dying(writes, last_arrives=last_arrives):
            await sent(action, actor)
        with clock.shifted(LATER):
            await resume_agent_mail(CLOCK)
            await enqueue_forgotten_mail(CLOCK)
        now, deliveries = await AgentAction.get(action.id), await mails()
        assert now is not None
        assert len(deliveries) == (now.status is AgentActionStatus.SENT)
        assert (now.sending_since, now.status in ("sent", "drafted")) == (None, True)
        for delivery in deliveries:
            assert await EmailJob.find({"payload.deliveryId": str(delivery.id)}).count() == 1

    @pytest.mark.parametrize("last_arrives", [True, False])
    @pytest.mark.parametrize("writes", range(6))
    async def test_a_reply_is_said_once_or_still_is_a_draft(self, writes: int, last_arrives: bool) -> None:
        app, actor = await an_app(), await an_actor()
        ticket = await a_ticket(app.id)
        action = await an_agent_action(app, ticket)
        with suppress(Killed), dying(writes, last_arrives=last_arrives):
            await sent(action, actor)
        with clock.shifted(LATER):
            await resume_agent_mail(CLOCK)
            await finish_ticket_events(CLOCK)
        now = await AgentAction.get(action.id)
        assert now is not None
        was_sent = now.status is AgentActionStatus.SENT
        assert await conversation(ticket) == [ticket.message, *([BODY] if was_sent else [])]
        assert await Delivery.find({"content": "template:ticket-reply"}).count() == was_sent

    async def test_to_somebody_who_is_gone_it_fails(self) -> None:
        prospect = await a_prospect()
        sending = {"status": "sent", "sending_since": clock.now(), "sent_by": "staff:1"}
        action = await an_agent_action(await an_app(), prospect, **sending)
        await prospect.delete()
        with clock.shifted(LATER):
            assert await resume_agent_mail(CLOCK) == 1
            assert await resume_agent_mail(CLOCK) == 0
        now = await AgentAction.get(action.id)
        assert now is not None
        assert now.history[-1].kind is AgentChangeKind.FAILED
        assert (now.status, now.problem) == (
            AgentActionStatus.FAILED,
            "The prospect is gone, or has another address now",
        )


class TestWhoMay:
    async def test_drafts_are_marketing_s_and_replies_support_s(self) -> None:
        app = await an_app()
        for to, roles in ((await a_prospect(), MARKETING), (await a_ticket(app.id), SUPPORT)):
            action = await an_agent_action(app, to)
            for role in sorted(set(Role) - roles):
                with pytest.raises(Forbidden):
                    await sent(action, await an_actor(role))
            assert (await sent(action, await an_actor(min(roles)))).status is AgentActionStatus.SENT

    async def test_an_unknown_action(self) -> None:
        with pytest.raises(NotFound):
            await send_agent_draft(await an_actor(), "0" * 24)
