"""How content customers are with the help that they got: asked when a ticket is resolved, answered by a link in the
mail or in the app."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from core import clock
from core.access import allow, allow_all
from core.actor import Actor
from core.errors import Conflict, NotFound, found
from core.inputs import Input, Text, iso
from core.runtime import runtime
from core.scopes import Scope
from mail.links import RatingTokens
from models.apps import App
from models.tickets import Ticket, TicketRating
from public_pages.languages import Language, language_for
from resolvers.automation_news import Happening, announce
from resolvers.ticket_scope import shown_to, visible_ticket
from resolvers.ticket_states import changed
from resolvers.ticket_writes import write_ticket


class TicketRate(Input):
    """`score` is 1 (not content at all) to 5."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[Text, Field(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """Which ticket a link is for; `language` is that of its page."""

    app: App
    ticket: Ticket
    language: Language


@allow(api_key=Scope.TICKETS_WRITE, end_user=True)
async def rate_ticket(actor: Actor, ticket_id: str, data: TicketRate, app_id: str | None = None) -> Ticket:
    """Says how content the customer is. Saying it again counts instead.

    Raises `Conflict` for a ticket that was never resolved.
    """
    ticket = await visible_ticket(actor, ticket_id, app_id)
    return shown_to(actor, await _rated(ticket, data))


@allow_all
async def get_ticket_rating(actor: Actor, app_id: str, token: str, accept_language: str | None = None) -> Rating:
    """What a link to rate is for. Changes nothing: programs that look for harmful links open it too.

    Raises `NotFound` for a link that is none of ours, or whose ticket is gone.
    """
    ticket_id = RatingTokens(runtime().settings.keys("ticket_rating")).read(token)
    ticket = await Ticket.find_one({"_id": ticket_id, "appId": app_id}) if ticket_id else None
    app = await App.find_one({"_id": app_id})
    if app is None or ticket is None or not ticket.email:
        raise NotFound("This link does not work", "token")
    return Rating(app, ticket, language_for(ticket.language, accept_language, app.mail.default_language))


@allow_all
async def rate_ticket_by_link(
    actor: Actor, app_id: str, token: str, data: TicketRate, accept_language: str | None = None
) -> Rating:
    """Says how content whoever has the link is. Saying it again counts instead.

    Raises as `get_ticket_rating` and `rate_ticket` do.
    """
    asked = await get_ticket_rating(actor, app_id, token, accept_language)
    return Rating(asked.app, await _rated(asked.ticket, data), asked.language)


async def _rated(ticket: Ticket, data: TicketRate) -> Ticket:
    def decide(current: Ticket) -> Ticket:
        if current.resolutions == 0 and not current.is_done:
            raise Conflict("A ticket can be rated once it is resolved", "id")
        return changed(current, rating=TicketRating(score=data.score, comment=data.comment, at=clock.now()))

    rated = found(await write_ticket({"_id": ticket.id}, decide), "Ticket")
    if rated.rating is not None and rated.shop_domain is not None:
        key, at = f"ticket_rating:{rated.id}:{iso(rated.rating.at)}", rated.rating.at
        score = {"score": rated.rating.score}
        await announce([Happening(key, rated.app_id, rated.shop_domain, "ticket.rated", at, score)])
    return rated
