"""Signing up for a newsletter, and confirming it, over REST: an answer for the app's backend, pages for the person."""

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import HTMLResponse, Response

from core.errors import Gone, NotFound
from public_pages.addresses import masked
from public_pages.languages import Language, language_for
from public_pages.link_problems import LinkProblem, link_problem_page
from public_pages.newsletters import confirm_page, confirmed_page
from resolvers import subscribing
from resolvers.data_exports import visitor_of
from resolvers.subscribing import SubscriptionRequest
from rest_compat.edge import AppId, CurrentActor, Data, Wire

Token = Annotated[str, Path(alias="token")]


class SubscribedWire(Wire):
    email: str
    name: str


async def subscribe(actor: CurrentActor, app_id: AppId, body: SubscriptionRequest) -> Data[SubscribedWire]:
    """Sign somebody up for the app's newsletter. The answer does not tell whether they were known."""
    return Data(data=SubscribedWire.of(await subscribing.subscribe(actor, app_id, body)))


async def show_confirmation(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Show a page with a button to confirm a subscription; changes nothing by itself."""
    try:
        asked = await subscribing.get_newsletter_confirmation(actor, app_id, token, accept_language_of(request))
    except (NotFound, Gone) as error:
        return link_problem(request, error)
    address = masked(asked.subscriber.email)
    if asked.is_done:
        return confirmed_page(asked.language, asked.app.name, address)
    return confirm_page(asked.language, asked.app.name, address, request.url.path)


async def confirm(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Confirm a subscription to an app's newsletter; once more is the same."""
    language = accept_language_of(request)
    try:
        confirmed = await subscribing.confirm_newsletter(actor, app_id, token, visitor_of(request), language)
    except (NotFound, Gone) as error:
        return link_problem(request, error)
    return confirmed_page(confirmed.language, confirmed.app.name, masked(confirmed.subscriber.email))


def accept_language_of(request: Request) -> str | None:
    return request.headers.get("accept-language")


def link_problem(request: Request, error: NotFound | Gone) -> HTMLResponse:
    problem = LinkProblem.EXPIRED if isinstance(error, Gone) else LinkProblem.UNKNOWN
    return link_problem_page(language_of(request), problem)


def language_of(request: Request) -> Language:
    """That of the browser, of a person of whom nothing is known."""
    return language_for(None, accept_language_of(request))
