"""Newsletter templates, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe

from core.pages import Range
from models import newsletter_templates as stored
from resolvers import newsletter_templates
from resolvers.newsletter_templates import (
    NewsletterTemplateCreate,
    NewsletterTemplateFilter,
    NewsletterTemplateSortKey,
    NewsletterTemplateUpdate,
)
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query

strawberry.enum(NewsletterTemplateSortKey)


@strawberry.type(description="What newsletters begin from. A campaign that begins from one has a copy of its own.")
class NewsletterTemplate:
    id: ID
    app_id: ID
    name: str
    subject: str
    html_content: str
    text_content: str | None = strawberry.field(description="Null: the text part of a mail is made from the HTML.")
    is_active: bool
    created_by: str
    created_at: datetime
    updated_at: datetime


def newsletter_template(document: stored.NewsletterTemplate) -> NewsletterTemplate:
    """The document has all that the type shows."""
    return cast(NewsletterTemplate, document)


@strawberry.input(
    description="`subject`, `htmlContent` and `textContent` may use what every campaign may, such as `name`, "
    "`app_name` and `unsubscribe_url`: `{{ name }}`."
)
class NewsletterTemplateCreateInput:
    name: str
    subject: str
    html_content: str
    text_content: Maybe[str | None]
    is_active: Maybe[bool]


@strawberry.input
class NewsletterTemplateUpdateInput:
    name: Maybe[str]
    subject: Maybe[str]
    html_content: Maybe[str]
    text_content: Maybe[str | None]
    is_active: Maybe[bool]


@strawberry.input
class NewsletterTemplateFilterInput:
    is_active: Maybe[bool | None]
    search: Maybe[str | None]


@strawberry.type
class NewsletterTemplatePayload:
    newsletter_template: NewsletterTemplate | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class NewsletterTemplateDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class NewsletterTemplateQueries:
    @query(newsletter_templates.get_newsletter_template)
    async def newsletter_template(self, info: Info, app_id: ID, id: ID) -> NewsletterTemplate:
        found = await newsletter_templates.get_newsletter_template(info.context.actor, app_id, id)
        return newsletter_template(found)

    @query(newsletter_templates.list_newsletter_templates)
    async def newsletter_templates(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: NewsletterTemplateFilterInput | None = None,
        sort_key: NewsletterTemplateSortKey = NewsletterTemplateSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[NewsletterTemplate]:
        window = Range.of(first, after, last, before)
        filters, order = parse(NewsletterTemplateFilter, filter), sort_key.order(descending=reverse)
        actor = info.context.actor
        return Connection.of(
            await newsletter_templates.list_newsletter_templates(actor, app_id, window, filters, order)
        )


@strawberry.type
class NewsletterTemplateMutations:
    @mutation(newsletter_templates.create_newsletter_template)
    async def newsletter_template_create(
        self, info: Info, app_id: ID, input: NewsletterTemplateCreateInput
    ) -> NewsletterTemplatePayload:
        data = parse(NewsletterTemplateCreate, input)
        created = await newsletter_templates.create_newsletter_template(info.context.actor, app_id, data)
        return NewsletterTemplatePayload(newsletter_template=newsletter_template(created))

    @mutation(newsletter_templates.update_newsletter_template)
    async def newsletter_template_update(
        self, info: Info, app_id: ID, id: ID, input: NewsletterTemplateUpdateInput
    ) -> NewsletterTemplatePayload:
        data = parse(NewsletterTemplateUpdate, input)
        updated = await newsletter_templates.update_newsletter_template(info.context.actor, app_id, id, data)
        return NewsletterTemplatePayload(newsletter_template=newsletter_template(updated))

    @mutation(newsletter_templates.delete_newsletter_template)
    async def newsletter_template_delete(self, info: Info, app_id: ID, id: ID) -> NewsletterTemplateDeletePayload:
        deleted = await newsletter_templates.delete_newsletter_template(info.context.actor, app_id, id)
        return NewsletterTemplateDeletePayload(deleted_id=ID(str(deleted.id)))
