"""Whether what a campaign says can be sent."""

import asyncio
from typing import Any, Final

from core.errors import InvalidInput
from mail.content import Content, prepare
from mail.templates import TemplateProblem
from models.apps import App
from models.campaigns import Campaign

STANDARD: Final[dict[str, Any]] = {
    "app_name": "",
    "email": "",
    "first_name": "",
    "language": "",
    "name": "",
    "postal_address": "",
    "unsubscribe_label": "",
}


async def content_of(app: App, campaign: Campaign) -> Content:
    """The campaign, compiled. Raises `InvalidInput` with the field, the line and the reason where it can't be."""
    try:
        return await asyncio.to_thread(
            prepare,
            subject=campaign.subject,
            html=campaign.html,
            text=campaign.text,
            variables=STANDARD,
            track_clicks=campaign.track_clicks,
            track_opens=campaign.track_opens,
        )
    except TemplateProblem as problem:
        where = f"{problem.field}, line {problem.line}" if problem.line else problem.field
        raise InvalidInput(f"{where}: {problem.reason}", problem.field) from None
