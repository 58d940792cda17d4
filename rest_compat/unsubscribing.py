"""Leaving mail of a kind by the link in each of them, over REST: pages for the person, and one click for their mail
program (RFC 8058), which sends a POST with any body and no credential but the link."""

from fastapi import Request
from starlette.responses import Response

from core.errors import NotFound
from public_pages.addresses import masked
from public_pages.newsletters import unsubscribe_page, unsubscribed_page
from resolvers import unsubscribing
from resolvers.data_exports import visitor_of
from rest_compat.edge import AppId, CurrentActor
from rest_compat.subscribing import Token, accept_language_of, link_problem


async def show_unsubscription(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """A page with a button; opening it changes nothing."""
    try:
        asked = await unsubscribing.get_unsubscription(actor, app_id, token, accept_language_of(request))
    except NotFound as error:
        return link_problem(request, error)
    address = masked(asked.delivery.email)
    return unsubscribe_page(asked.language, asked.category, asked.app.name, address, request.url.path)


async def unsubscribe(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Unsubscribe at once, whatever the body says; once more is the same."""
    language = accept_language_of(request)
    try:
        left = await unsubscribing.unsubscribe(actor, app_id, token, visitor_of(request), language)
    except NotFound as error:
        return link_problem(request, error)
    return unsubscribed_page(left.language, left.category, left.app.name, masked(left.delivery.email))
