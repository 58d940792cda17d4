"""Leaving a newsletter, and confirming that one was asked for.

What a link leads to changes nothing: programs that look for harmful links open it too. The button on the page does.
"""

from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.rendering import rendered_page


def unsubscribe_page(language: Language, app_name: str, address_masked: str, action_url: str) -> HTMLResponse:
    """Asks whether to unsubscribe; the button sends a POST without a body to `action_url`."""
    return _asking("unsubscribe", language, app_name, address_masked, action_url)


def unsubscribed_page(language: Language, app_name: str, address_masked: str) -> HTMLResponse:
    return _telling("unsubscribed", language, app_name, address_masked)


def confirm_page(language: Language, app_name: str, address_masked: str, action_url: str) -> HTMLResponse:
    """Asks whether the person wants the newsletter (double opt-in); the button sends a POST without a body to
    `action_url`."""
    return _asking("confirm", language, app_name, address_masked, action_url)


def confirmed_page(language: Language, app_name: str, address_masked: str) -> HTMLResponse:
    return _telling("confirmed", language, app_name, address_masked)


def _asking(texts: str, language: Language, app_name: str, address: str, action_url: str) -> HTMLResponse:
    return rendered_page(
        "asking.html", language, texts=texts, app_name=app_name, address=address, action_url=action_url
    )


def _telling(texts: str, language: Language, app_name: str, address: str) -> HTMLResponse:
    return rendered_page("telling.html", language, texts=texts, app_name=app_name, address=address)
