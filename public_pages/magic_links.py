"""Signing in by a link.

What it leads to changes nothing: programs that look for harmful links open it too. The button on the page does.
"""

from starlette.responses import HTMLResponse, Response

from public_pages.languages import Language
from public_pages.rendering import PRIVATE, rendered_page


def sign_in_page(
    language: Language, app_name: str, address_masked: str, action_url: str, leads_to: str | None = None
) -> HTMLResponse:
    """Asks whether to sign in; the button sends a POST without a body to `action_url`, whose answer redirects to the
    origin `leads_to` where there is one."""
    return rendered_page(
        "asking.html",
        language,
        leads_to=leads_to,
        common="sign_in",
        texts="sign_in",
        app_name=app_name,
        address=address_masked,
        action_url=action_url,
    )


def sign_in_code_page(language: Language, app_name: str, address_masked: str, code: str) -> HTMLResponse:
    """Shows the code to type where the person asked to sign in."""
    return rendered_page(
        "code.html", language, texts="sign_in_code", app_name=app_name, address=address_masked, code=code
    )


def signed_in(url: str) -> Response:
    """To the app's own page. The token is in the fragment of the address, which browsers send to no server."""
    return Response(status_code=303, headers={**PRIVATE, "Location": url})
