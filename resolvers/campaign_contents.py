"""What a campaign says: where it is taken from, and whether it can be sent."""

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidInput
from core.ids import object_id
from mail.content import Content
from mail.templates import TemplateProblem
from models.apps import App
from models.campaigns import Campaign
from models.newsletter_templates import NewsletterTemplate
from resolvers.mail_contents import campaign_content


async def content_of(app: App, campaign: Campaign) -> Content:
    """The campaign, compiled. Raises `InvalidInput` with the field, the line and the reason where it can't be."""
    try:
        return await campaign_content(campaign, app)
    except TemplateProblem as problem:
        where = f"{problem.field}, line {problem.line}" if problem.line else problem.field
        raise InvalidInput(f"{where}: {problem.reason}", problem.field) from None


async def copied_from(app_id: str, template_id: str) -> Mapping[str, Any]:
    """What a campaign takes over from an active newsletter template of its app. Raises `InvalidInput` where there is
    none."""
    identity = object_id(template_id)
    query = {"_id": identity, "appId": app_id, "isActive": True}
    template = await NewsletterTemplate.find_one(query) if identity else None
    if template is None:
        raise InvalidInput("templateId: the app has no active newsletter template of that id", "templateId")
    return {
        "template_id": template.id,
        "subject": template.subject,
        "html": template.html_content,
        "text": template.text_content,
    }
