"""How content customers are: said in their app or by the link in their mail."""

from typing import Any

import pytest
from beanie import PydanticObjectId
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound
from core.runtime import runtime
from core.scopes import Scope
from mail.links import RatingTokens, ReplyTokens
from models.tickets import Ticket, TicketStatus
from public_pages.languages import Language
from resolvers.ticket_ratings import TicketRate, get_ticket_rating, rate_ticket, rate_ticket_by_link
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import an_actor
from tests.factories.tickets import CUSTOMER, a_ticket, kept, said

pytestmark = pytest.mark.usefixtures("platform")
ANYBODY = Actor.anonymous()


def a_rate(score: int = 5, comment: str = "") -> TicketRate:
    return TicketRate.model_validate({"score": score, "comment": comment})


def token_of(ticket: Ticket) -> str:
    return RatingTokens(runtime().settings.keys("ticket_rating")).issue(ticket.id)


@pytest.fixture
async def ticket() -> Ticket:
    """One that is resolved."""
    return await a_ticket((await an_app()).id, status=TicketStatus.RESOLVED)


class TestInTheApp:
    async def test_the_customer_says_so_and_may_think_better_of_it(self, ticket: Ticket) -> None:
        customer = an_end_user(ticket.app_id, CUSTOMER)
        for score, comment in ((2, "Took long"), (4, "")):
            shown = await rate_ticket(customer, str(ticket.id), a_rate(score, comment))
            assert shown.rating is not None
            assert (shown.rating.score, shown.rating.comment, shown.history) == (score, comment, [])

    async def test_once_it_was_resolved(self) -> None:
        ticket = await a_ticket((await an_app()).id)
        customer = an_end_user(ticket.app_id, CUSTOMER)
        with pytest.raises(Conflict, match="once it is resolved"):
            await rate_ticket(customer, str(ticket.id), a_rate())
        await said(ticket, await an_actor(Role.SUPPORT), status="resolved")
        await said(ticket, customer, "One more thing")
        assert (await rate_ticket(customer, str(ticket.id), a_rate())).rating is not None

    async def test_not_somebody_elses_and_not_by_staff(self, ticket: Ticket) -> None:
        for stranger in (an_end_user(ticket.app_id, "bob@example.com"), an_end_user((await an_app()).id, CUSTOMER)):
            with pytest.raises(NotFound):
                await rate_ticket(stranger, str(ticket.id), a_rate())
        for actor in (await an_actor(Role.OWNER), backend_of(ticket.app_id, Scope.TICKETS_READ)):
            with pytest.raises(Forbidden):
                await rate_ticket(actor, str(ticket.id), a_rate(1))
        assert (await rate_ticket(backend_of(ticket.app_id), str(ticket.id), a_rate())).rating is not None


class TestByTheLink:
    async def test_looking_changes_nothing(self, ticket: Ticket) -> None:
        asked = await get_ticket_rating(ANYBODY, ticket.app_id, token_of(ticket), "fr")
        assert (asked.ticket.id, asked.app.id, asked.language) == (ticket.id, ticket.app_id, Language.FR)
        assert (await kept(ticket)).rating is None

    async def test_whoever_has_it_says_how_content_they_are(self, ticket: Ticket) -> None:
        await rate_ticket_by_link(ANYBODY, ticket.app_id, token_of(ticket), a_rate(1, "No <answer>"))
        rated = await kept(ticket)
        assert rated.rating is not None
        assert (rated.rating.score, rated.rating.comment) == (1, "No <answer>")

    async def test_any_other_leads_nowhere(self, ticket: Ticket) -> None:
        token, keys = token_of(ticket), runtime().settings.keys("ticket_rating")
        others = [
            "",
            "x",
            token[:-1],
            token + "A",
            RatingTokens([b"another key of 16"]).issue(ticket.id),
            ReplyTokens(keys).issue(ticket.id),
            RatingTokens(keys).issue(PydanticObjectId()),
        ]
        for other in others:
            with pytest.raises(NotFound, match="This link does not work"):
                await get_ticket_rating(ANYBODY, ticket.app_id, other)
        for app_id in ((await an_app()).id, "nowhere"):
            with pytest.raises(NotFound):
                await rate_ticket_by_link(ANYBODY, app_id, token, a_rate())

    async def test_of_somebody_who_was_erased_nothing_is_asked(self, ticket: Ticket) -> None:
        await ticket.set({"email": ""})
        with pytest.raises(NotFound):
            await get_ticket_rating(ANYBODY, ticket.app_id, token_of(ticket))


@pytest.mark.parametrize(
    ("field", "value"),
    [("score", 0), ("score", 6), ("score", 2.5), ("score", None), ("comment", "x" * 2001), ("comment", "\x00")],
)
def test_what_is_not_valid_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        TicketRate.model_validate({"score": 5, field: value})
