"""Leaving mail of a kind, and confirming that a newsletter was asked for.

What a link leads to changes nothing: programs that look for harmful links open it too. The button on the page does.
"""

from starlette.responses import HTMLResponse

from public_pages.languages import Language
from public_pages.rendering import rendered_page


def unsubscribe_page(
    language: Language, category: str, app_name: str, address_masked: str, action_url: str
) -> HTMLResponse:
    """Asks whether to unsubscribe from mail of a category (`newsletter`, `product`, `outreach`, `research`); the button
    sends a POST without a body to `action_url`."""
    return _asking("unsubscribe", f"unsubscribe.{category}", language, app_name, address_masked, action_url)


def unsubscribed_page(language: Language, category: str, app_name: str, address_masked: str) -> HTMLResponse:
    return _telling("unsubscribed", f"unsubscribed.{category}", language, app_name, address_masked)


def confirm_page(language: Language, app_name: str, address_masked: str, action_url: str) -> HTMLResponse:
    """Asks whether the person wants the newsletter (double opt-in); the button sends a POST without a body to
    `action_url`."""
    return _asking("confirm", "confirm", language, app_name, address_masked, action_url)


def confirmed_page(language: Language, app_name: str, address_masked: str) -> HTMLResponse:
    return _telling("confirmed", "confirmed", language, app_name, address_masked)


def _asking(common: str, texts: str, language: Language, app_name: str, address: str, action_url: str) -> HTMLResponse:
    """Title and text are of `texts`, button and note of `common`."""
    return rendered_page(
        "asking.html",
        language,
        common=common,
        texts=texts,
        app_name=app_name,
        address=address,
        action_url=action_url,
    )


def _telling(common: str, texts: str, language: Language, app_name: str, address: str) -> HTMLResponse:
    return rendered_page("telling.html", language, common=common, texts=texts, app_name=app_name, address=address)
