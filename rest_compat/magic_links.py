"""Signing in to an app by a link or a code, over REST: answers for the app's backend, pages for the person."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BeforeValidator
from starlette.responses import Response

from core.errors import NotFound, Unauthenticated
from core.inputs import iso
from public_pages.addresses import masked
from public_pages.link_problems import LinkProblem, link_problem_page
from public_pages.magic_links import sign_in_code_page, sign_in_page, signed_in
from resolvers import magic_links
from resolvers.magic_links import ClosedMagicLink, MagicLinkRequest, MagicLinkVerify
from rest_compat.edge import AppId, CurrentActor, Wire
from rest_compat.subscribing import Token, accept_language_of, language_of


class RequestedWire(Wire):
    success: Literal[True] = True


class EndUserWire(Wire):
    id: Annotated[str, BeforeValidator(str)]
    email: str
    app_id: str
    shop_domain: str | None


class EndUserSessionWire(Wire):
    success: Literal[True] = True
    token: str
    expires_at: Annotated[str, BeforeValidator(iso)]
    user: EndUserWire


async def request_magic_link(actor: CurrentActor, app_id: AppId, body: MagicLinkRequest) -> RequestedWire:
    """Mail a link and a code to sign in with. The answer does not tell whether the address is known."""
    await magic_links.request_magic_link(actor, app_id, body)
    return RequestedWire()


async def verify_magic_link(
    actor: CurrentActor, request: Request, app_id: AppId, body: MagicLinkVerify
) -> EndUserSessionWire:
    """Exchange a link's token, or an address and its code, for an end user's bearer token: once."""
    client = request.client.host if request.client else ""
    return EndUserSessionWire.of(await magic_links.verify_magic_link(actor, app_id, body, client=client))


async def show_magic_link(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Show a page with a button to sign in; opening it uses nothing up."""
    try:
        opened = await magic_links.get_magic_link(actor, app_id, token, accept_language_of(request))
    except (NotFound, ClosedMagicLink) as error:
        return _problem(request, error)
    address = masked(opened.link.email)
    return sign_in_page(opened.language, opened.app.name, address, request.url.path, opened.leads_to)


async def follow_magic_link(actor: CurrentActor, request: Request, app_id: AppId, token: Token) -> Response:
    """Sign in and go to the app, or see the code to type there."""
    try:
        followed = await magic_links.follow_magic_link(actor, app_id, token, accept_language_of(request))
    except (NotFound, ClosedMagicLink, Unauthenticated) as error:
        return _problem(request, error)
    if followed.url is not None:
        return signed_in(followed.url)
    opened = followed.opened
    return sign_in_code_page(opened.language, opened.app.name, masked(opened.link.email), followed.code or "")


def _problem(request: Request, error: NotFound | ClosedMagicLink | Unauthenticated) -> Response:
    match error:
        case ClosedMagicLink():
            return link_problem_page(error.language, LinkProblem.USED if error.was_used else LinkProblem.EXPIRED)
        case Unauthenticated():
            return link_problem_page(language_of(request), LinkProblem.WITHDRAWN)
        case _:
            return link_problem_page(language_of(request), LinkProblem.UNKNOWN)
