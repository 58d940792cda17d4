"""What somebody said becomes something to be done, once, whoever dies in between."""

import asyncio
from itertools import count
from typing import Any, Final

import pytest

from core.actor import Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from models.feedback import Feedback, FeedbackStatus
from models.ticket_messages import TicketMessage
from models.tickets import Ticket, TicketPriority
from models.want_votes import WantVote
from models.wants import Want, WantStatus
from resolvers.feedback_conversion import (
    BecameTicket,
    BecameWant,
    FeedbackConvertToTicket,
    FeedbackConvertToWant,
    convert_feedback_to_ticket,
    convert_feedback_to_want,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.dying import Killed, dying
from tests.factories.feedback import SYSTEM, a_feedback
from tests.factories.people import an_actor
from tests.factories.wants import a_want, who_voted

pytestmark = pytest.mark.usefixtures("platform")

APP: Final = "banners"
ADA: Final = "ada@example.com"
OF_ADA: Final[dict[str, Any]] = {"email": ADA, "email_key": ADA, "name": "Ada"}
BUG: Final = FeedbackConvertToTicket(subject="The bar covers the menu", priority=TicketPriority.HIGH)


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def to_want(feedback: Feedback, **fields: object) -> BecameWant:
    wanted = FeedbackConvertToWant.model_validate(fields or {"title": "Schedules"})
    return await convert_feedback_to_want(SYSTEM, str(feedback.id), wanted)


async def to_ticket(feedback: Feedback) -> BecameTicket:
    return await convert_feedback_to_ticket(await an_actor(Role.SUPPORT), str(feedback.id), BUG)


class TestWants:
    async def test_a_new_one_with_the_vote_of_whoever_said_it(self) -> None:
        said = await a_feedback(APP, message="By the week, please", shop_domain="tea.myshopify.com", **OF_ADA)
        became = await to_want(said)
        want, feedback = became.want, became.feedback
        assert (want.title, want.description, want.category) == ("Schedules", "By the week, please", "general")
        assert (want.status, want.author_email, want.author_shop_domain) == (
            WantStatus.UNDER_REVIEW,
            ADA,
            "tea.myshopify.com",
        )
        assert (want.vote_count, await who_voted(want)) == (1, {f"email:{ADA}"})
        assert (feedback.want_id, feedback.status) == (want.id, FeedbackStatus.REVIEWED)

    async def test_one_that_there_is_already_gets_the_vote(self) -> None:
        want = await a_want(APP)
        became = await to_want(await a_feedback(APP, **OF_ADA), wantId=str(want.id))
        assert (became.want.id, became.want.vote_count, became.feedback.want_id) == (want.id, 1, want.id)
        decided = await a_want(APP, status=WantStatus.DECLINED)
        assert (await to_want(await a_feedback(APP, **OF_ADA), wantId=str(decided.id))).want.vote_count == 0

    async def test_what_nobody_known_said_has_no_vote(self) -> None:
        became = await to_want(await a_feedback(APP))
        assert (became.want.author, became.want.vote_count) == (None, 0)

    async def test_again_and_at_once_lead_to_the_same(self) -> None:
        said = await a_feedback(APP, **OF_ADA)
        became = await asyncio.gather(*(to_want(said) for _ in range(5)))
        assert {one.want.id for one in became} == {(await to_want(said, title="Another")).want.id}
        assert await Want.find_all().count() == await WantVote.find_all().count() == 1
        with pytest.raises(Conflict, match="It became another want"):
            await to_want(said, wantId=str((await a_want(APP)).id))

    async def test_what_was_sorted_out_stays_so(self) -> None:
        said = await a_feedback(APP, status=FeedbackStatus.RESOLVED)
        assert (await to_want(said)).feedback.status is FeedbackStatus.RESOLVED


class TestTickets:
    async def test_whoever_said_it_gets_an_answer(self) -> None:
        said = await a_feedback(APP, message="It covers the menu", **OF_ADA)
        became = await to_ticket(said)
        ticket = became.ticket
        assert (ticket.subject, ticket.message, ticket.email) == (BUG.subject, "It covers the menu", ADA)
        assert (ticket.priority, became.feedback.ticket_id) == (TicketPriority.HIGH, ticket.id)
        (message,) = await TicketMessage.find({"ticketId": ticket.id}).to_list()
        assert (message.is_customer, message.content) == (True, "It covers the menu")

    async def test_again_leads_to_the_same(self) -> None:
        said = await a_feedback(APP, **OF_ADA)
        first, *others = await asyncio.gather(*(to_ticket(said) for _ in range(5)))
        assert {one.ticket.id for one in others} == {first.ticket.id}
        assert await Ticket.find_all().count() == 1

    async def test_who_is_not_known_gets_none(self) -> None:
        with pytest.raises(InvalidInput, match="no address is known"):
            await to_ticket(await a_feedback(APP))


class TestMay:
    async def test_support_alone(self) -> None:
        said = await a_feedback(APP, **OF_ADA)
        wanted = FeedbackConvertToWant(title="Schedules")
        for actor in (await an_actor(Role.VIEWER), await an_actor(Role.MARKETING), backend_of(APP)):
            with pytest.raises(Forbidden):
                await convert_feedback_to_want(actor, str(said.id), wanted)
            with pytest.raises(Forbidden):
                await convert_feedback_to_ticket(actor, str(said.id), BUG)

    async def test_within_the_app_alone(self) -> None:
        other = await a_want((await an_app()).id)
        with pytest.raises(NotFound, match="Want not found"):
            await to_want(await a_feedback(APP), wantId=str(other.id))
        with pytest.raises(NotFound, match="Feedback not found"):
            await convert_feedback_to_want(SYSTEM, "0" * 24, FeedbackConvertToWant(title="Schedules"))


class TestValidation:
    @pytest.mark.parametrize("fields", [{"description": "x"}, {"title": "x", "wantId": "0" * 24}])
    async def test_either_a_new_one_or_one_that_there_is(self, fields: dict[str, object]) -> None:
        with pytest.raises(InvalidInput, match="Give either the title"):
            await to_want(await a_feedback(APP), **fields)


class TestDeaths:
    @pytest.mark.parametrize("last_arrives", [False, True])
    async def test_whoever_does_it_again_finishes_it(self, last_arrives: bool) -> None:
        for deaths in count():
            said = await a_feedback(APP, **OF_ADA)
            try:
                with dying(deaths, last_arrives=last_arrives):
                    await to_want(said)
            except Killed:
                became = await to_want(said)
            else:
                break
            assert await who_voted(became.want) == {f"email:{ADA}"}
            assert await Want.find({"_id": became.want.id}).count() == 1
        assert await Want.find_all().count() == deaths + 1
        assert deaths >= 3
