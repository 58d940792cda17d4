"""Newsletter templates, over REST."""

from typing import Annotated

from fastapi import Path, Query

from resolvers import newsletter_templates
from resolvers.newsletter_templates import (
    NewsletterTemplateCreate,
    NewsletterTemplateFilter,
    NewsletterTemplateSortKey,
    NewsletterTemplateUpdate,
)
from rest_compat.edge import AppId, CurrentActor, DataMessage, Listing, Message, Paged, StoredWire, page_of

TemplateId = Annotated[str, Path(alias="id")]


class NewsletterTemplateWire(StoredWire):
    app_id: str
    name: str
    subject: str
    html_content: str
    text_content: str | None
    is_active: bool
    created_by: str


class NewsletterTemplateListing(Listing, NewsletterTemplateFilter):
    sort_keys = NewsletterTemplateSortKey


async def list_newsletter_templates(
    actor: CurrentActor, app_id: AppId, query: Annotated[NewsletterTemplateListing, Query()]
) -> Paged[NewsletterTemplateWire]:
    """What the app's newsletters begin from."""
    found = await newsletter_templates.list_newsletter_templates(actor, app_id, query.window, query, query.order)
    return await page_of(NewsletterTemplateWire, found, query.window)


async def create_newsletter_template(
    actor: CurrentActor, app_id: AppId, body: NewsletterTemplateCreate
) -> DataMessage[NewsletterTemplateWire]:
    """Add a newsletter template; one that does not compile is refused with the line and the reason."""
    template = await newsletter_templates.create_newsletter_template(actor, app_id, body)
    return DataMessage(data=NewsletterTemplateWire.of(template), message="Newsletter template created")


async def update_newsletter_template(
    actor: CurrentActor, app_id: AppId, template_id: TemplateId, body: NewsletterTemplateUpdate
) -> DataMessage[NewsletterTemplateWire]:
    """Change what is sent, leave the rest."""
    template = await newsletter_templates.update_newsletter_template(actor, app_id, template_id, body)
    return DataMessage(data=NewsletterTemplateWire.of(template), message="Newsletter template updated")


async def delete_newsletter_template(actor: CurrentActor, app_id: AppId, template_id: TemplateId) -> Message:
    """Delete a newsletter template; campaigns that began from it keep what they have."""
    await newsletter_templates.delete_newsletter_template(actor, app_id, template_id)
    return Message(message="Newsletter template deleted")
