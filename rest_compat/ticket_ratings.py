"""How content customers are, over REST: a call for their app, pages for the link in their mail."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from core.errors import NotFound
from public_pages.ticket_ratings import rated_page, rating_page
from resolvers import ticket_ratings
from resolvers.ticket_ratings import Rating, TicketRate
from rest_compat.edge import AppId, CurrentActor, DataMessage
from rest_compat.subscribing import Token, accept_language_of, link_problem
from rest_compat.tickets import TicketId, TicketWire


async def rate_ticket(
    actor: CurrentActor, app_id: AppId, ticket_id: TicketId, body: TicketRate
) -> DataMessage[TicketWire]:
    """Say how content the customer is with the help that they got. Saying it again counts instead."""
    ticket = await ticket_ratings.rate_ticket(actor, ticket_id, body, app_id)
    return DataMessage(data=TicketWire.of(ticket), message="Thank you")


async def show_ticket_rating(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Show a page that asks how content somebody is; changes nothing by itself."""
    try:
        asked = await ticket_ratings.get_ticket_rating(actor, app_id, token, accept_language_of(request))
    except NotFound as error:
        return link_problem(request, error)
    said = asked.ticket.rating
    return _asking(asked, request, score=said.score if said else None, comment=said.comment if said else "")


async def rate_ticket_by_link(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Say how content somebody is, by the form of the page. Saying it again counts instead."""
    language, form = accept_language_of(request), await request.form(max_files=0, max_fields=10)
    try:
        asked = await ticket_ratings.get_ticket_rating(actor, app_id, token, language)
        data = TicketRate.model_validate({"score": form.get("score"), "comment": form.get("comment") or ""})
        rated = await ticket_ratings.rate_ticket_by_link(actor, app_id, token, data, language)
    except NotFound as error:
        return link_problem(request, error)
    except ValidationError:
        return _asking(asked, request, comment=str(form.get("comment") or "")[:2000], is_incomplete=True)
    return rated_page(rated.language, rated.app.name, rated.ticket.reference)


def _asking(
    asked: Rating, request: Request, *, score: int | None = None, comment: str = "", is_incomplete: bool = False
) -> Response:
    return rating_page(
        asked.language,
        asked.app.name,
        asked.ticket.reference,
        request.url.path,
        score=score,
        comment=comment,
        is_incomplete=is_incomplete,
    )
