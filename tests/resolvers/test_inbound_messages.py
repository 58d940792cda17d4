"""The inbox, as staff see it: who reads it, who corrects it, and what follows from that."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from beanie import PydanticObjectId

from core import clock
from core.actor import Actor, Role
from core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from core.pages import Page
from core.runtime import Runtime, start
from models.contacts import ConsentCategory, ConsentState, Contact
from models.inbound_messages import InboundClassification, InboundMatch, InboundMessage, InboundStatus
from resolvers.inbound_messages import (
    NEWEST_MAIL,
    InboundMessageAssign,
    InboundMessageClassify,
    InboundMessageFilter,
    assign_inbound_message,
    classify_inbound_message,
    get_inbound_content,
    get_inbound_message,
    list_inbound_messages,
    reprocess_inbound_message,
    watch_inbound_messages,
)
from resolvers.inbound_receiving import forget_old_raw_mail
from resolvers.inbound_stats import InboundStatsFilter, inbound_stats
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.inbound import CUSTOMER, DOMAIN, SYSTEM, a_bounce, a_mail, processed, received
from tests.factories.mail import a_campaign, a_delivery
from tests.factories.people import an_actor
from tests.factories.tickets import a_ticket, conversation

UNKNOWN = "0" * 24
UNSUBSCRIBE = InboundMessageClassify(classification=InboundClassification.UNSUBSCRIBE)


@pytest.fixture(autouse=True)
def receiving(platform: Runtime) -> Runtime:
    return start(platform.settings.model_copy(update={"inbound_domain": DOMAIN}), platform.mongo)


async def listed(**filters: Any) -> list[PydanticObjectId]:
    given = InboundMessageFilter.model_validate(filters)
    found = await list_inbound_messages(await an_actor(Role.VIEWER), Page(), given, NEWEST_MAIL)
    return [message.id for message in found.items]


def assignment(**given: Any) -> InboundMessageAssign:
    return InboundMessageAssign.model_validate({name: str(value) for name, value in given.items()})


class TestReading:
    async def test_it_is_found_by_what_is_known_of_it(self) -> None:
        app = await an_app()
        question = await received(a_mail("How do I?", to=f"{app.id}@{DOMAIN}", subject="Große Frage"))
        bounce = await received(a_bounce("<1@elsewhere.example>"), f"bounces@{DOMAIN}")
        assert await listed() == [bounce.id, question.id]
        for filters in (
            {"appId": app.id},
            {"ticketId": str(question.ticket_id)},
            {"email": CUSTOMER.upper()},
            {"search": "GROSSE frage"},
            {"search": "byron"},
            {"status": "processed"},
            {"classification": "question"},
        ):
            assert await listed(**filters) == [question.id], filters
        assert await listed(search="(.*") == []

    async def test_it_is_shown_without_what_could_harm(self) -> None:
        html = '<p onclick="x()">Hello</p><img src="https://spy.example/1.gif"><script>alert(1)</script>'
        message = await received(a_mail("Hello", html=html))
        content = await get_inbound_content(await an_actor(Role.VIEWER), str(message.id))
        assert content is not None
        assert (content.html or "").strip() == "<p>Hello</p><img>"

    async def test_all_kinds_are_counted_those_without_mail_too(self) -> None:
        app = await an_app()
        await received(a_mail("How do I?", to=f"{app.id}@{DOMAIN}"))
        await received(a_bounce("<1@elsewhere.example>"))
        staff = await an_actor(Role.VIEWER)
        whole = await inbound_stats(staff, InboundStatsFilter())
        assert (whole.total, set(whole.by_status), set(whole.by_classification)) == (
            2,
            set(InboundStatus),
            set(InboundClassification),
        )
        of_app = await inbound_stats(staff, InboundStatsFilter.model_validate({"appId": app.id}))
        assert (of_app.total, of_app.by_classification[InboundClassification.QUESTION]) == (1, 1)

    async def test_who_watches_sees_each_mail_once_it_is_read(self) -> None:
        watching = await watch_inbound_messages(await an_actor(Role.VIEWER))
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0)
        message = await received(a_mail("How do I?"))
        seen = await asyncio.wait_for(first, 5)
        assert (seen.id, seen.classification) == (message.id, InboundClassification.QUESTION)
        await watching.aclose()  # type: ignore[attr-defined]


class TestCorrecting:
    async def test_what_follows_from_a_correction_is_done(self) -> None:
        ada = await a_contact(CUSTOMER)
        await with_consent(ada, ConsentCategory.NEWSLETTER, ConsentState.OPTED_IN, at="2025-01-01T00:00:00Z")
        delivery = await a_delivery(ada, await a_campaign((await an_app()).id))
        message = await received(a_mail("I have had it with this.", answers=f"<{delivery.id}@banners.example>"))
        assert message.classification is not InboundClassification.UNSUBSCRIBE
        staff = await an_actor(Role.SUPPORT)
        again = await processed(await classify_inbound_message(staff, str(message.id), UNSUBSCRIBE))
        assert (again.classification, again.classified_by) == (InboundClassification.UNSUBSCRIBE, staff.label)
        contact = await Contact.get(ada.id)
        assert contact is not None
        assert contact.consents.newsletter.state is ConsentState.OPTED_OUT
        reread = await processed(await reprocess_inbound_message(staff, str(message.id)))
        assert reread.classification is InboundClassification.UNSUBSCRIBE

    async def test_a_mail_is_given_to_a_ticket_and_a_contact(self) -> None:
        ticket, contact = await a_ticket((await an_app()).id, email="bob@example.com"), await a_contact()
        message = await received(a_mail("More about it"))
        staff = await an_actor(Role.SUPPORT)
        given = assignment(ticketId=ticket.id, contactId=contact.id)
        assigned = await processed(await assign_inbound_message(staff, str(message.id), given))
        assert (assigned.matched_by, assigned.ticket_id, assigned.contact_id, assigned.app_id) == (
            InboundMatch.PERSON,
            ticket.id,
            contact.id,
            ticket.app_id,
        )
        assert (await conversation(ticket))[1:] == ["More about it"]
        await processed(await assign_inbound_message(staff, str(message.id), given))
        assert (await conversation(ticket))[1:] == ["More about it"]


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.MARKETING])
    async def test_support_corrects(self, role: Role) -> None:
        staff, message = await an_actor(role), await received(a_mail())
        for call in corrections(staff, str(message.id)):
            with pytest.raises(Forbidden):
                await call()

    async def test_it_is_for_staff_alone(self) -> None:
        with pytest.raises(DomainError):
            await get_inbound_message(Actor.anonymous(), UNKNOWN)


class TestValidation:
    async def test_what_is_not_kept_any_more_leads_to_nothing(self) -> None:
        message = await received(a_mail())
        with clock.shifted(timedelta(days=400)):
            await forget_old_raw_mail(SYSTEM)
        for call in corrections(await an_actor(), str(message.id))[:2]:
            with pytest.raises(Conflict, match="not kept any more"):
                await call()

    async def test_a_mail_is_in_one_ticket_of_an_app(self) -> None:
        app = await an_app()
        message = await received(a_mail("How do I?", to=f"{app.id}@{DOMAIN}"))
        other = await a_ticket(app.id)
        with pytest.raises(Conflict, match="another ticket"):
            await assign_inbound_message(await an_actor(), str(message.id), assignment(ticketId=other.id))

    async def test_an_assignment_names_something_that_is_there(self) -> None:
        staff, message = await an_actor(), await received(a_mail())
        with pytest.raises(InvalidInput):
            await assign_inbound_message(staff, str(message.id), assignment())
        for given in ({"ticketId": UNKNOWN}, {"contactId": UNKNOWN}):
            with pytest.raises(NotFound):
                await assign_inbound_message(staff, str(message.id), assignment(**given))
        stored = await InboundMessage.get(message.id)
        assert stored is not None
        assert stored.matched_by is None


async def test_what_is_not_there_is_not_found() -> None:
    staff = await an_actor()
    for call in corrections(staff, UNKNOWN):
        with pytest.raises(NotFound):
            await call()
    with pytest.raises(NotFound):
        await get_inbound_message(staff, "x")


def corrections(staff: Actor, message_id: str) -> list[Callable[[], Awaitable[Any]]]:
    contact = InboundMessageAssign.model_validate({"contactId": UNKNOWN})
    return [
        lambda: reprocess_inbound_message(staff, message_id),
        lambda: classify_inbound_message(staff, message_id, UNSUBSCRIBE),
        lambda: assign_inbound_message(staff, message_id, contact),
    ]
