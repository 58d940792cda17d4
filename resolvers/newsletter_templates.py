"""What newsletters begin from. Staff write them; one that does not compile is refused with the line and the reason."""

import asyncio
from typing import Annotated, Any, Final

from pydantic import Field
from pymongo.errors import DuplicateKeyError

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, NotFound, found
from core.ids import object_id
from core.inputs import OMITTED, Input, Name, Search, Text
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from mail.content import prepare
from mail.limits import MAX_SOURCE
from mail.templates import TemplateProblem
from models.base import touched
from models.newsletter_templates import NewsletterTemplate
from resolvers.apps import visible_app
from resolvers.mail_contents import STANDARD

FIELDS: Final = {"subject": "subject", "html": "htmlContent", "text": "textContent"}
"""What a template's parts are called here, by their names in `mail`."""

Subject = Annotated[Text, Field(min_length=1, max_length=500)]
Source = Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]


class NewsletterTemplateCreate(Input):
    """`subject`, `htmlContent` and `textContent` may use what every campaign may, such as `name`, `app_name` and
    `unsubscribe_url`: `{{ name }}`. Without `textContent` the text part of a mail is made from the HTML."""

    name: Name
    subject: Subject
    html_content: Source
    text_content: Source | None = None
    is_active: bool = True


class NewsletterTemplateUpdate(Input):
    name: Name = OMITTED
    subject: Subject = OMITTED
    html_content: Source = OMITTED
    text_content: Source | None = OMITTED
    is_active: bool = OMITTED


class NewsletterTemplateFilter(Input):
    is_active: bool | None = None
    search: Search | None = None


class NewsletterTemplateSortKey(SortKey):
    CREATED_AT = "createdAt"
    NAME = "name", "nameKey"


@allow(STAFF)
async def list_newsletter_templates(
    actor: Actor, app_id: str, window: Window, filters: NewsletterTemplateFilter, sort: Sort
) -> Slice[NewsletterTemplate]:
    """What an app's newsletters begin from."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["nameKey"] = containing(filters.search)
    return await slice_of(NewsletterTemplate, query, sort, window)


@allow(STAFF)
async def get_newsletter_template(actor: Actor, app_id: str, template_id: str) -> NewsletterTemplate:
    """One newsletter template of an app."""
    await visible_app(actor, app_id)
    identity = object_id(template_id)
    template = await NewsletterTemplate.find_one({"_id": identity, "appId": app_id}) if identity else None
    return found(template, "Newsletter template")


@allow(MARKETING)
async def create_newsletter_template(actor: Actor, app_id: str, data: NewsletterTemplateCreate) -> NewsletterTemplate:
    """Adds a newsletter template to an app. Raises `Conflict` where one has the name, `InvalidInput` with line and
    reason where it does not compile."""
    await visible_app(actor, app_id)
    template = NewsletterTemplate(
        app_id=app_id, name_key=data.name.casefold(), created_by=actor.label, **data.model_dump()
    )
    await check_compiles(template)
    try:
        return await template.insert()
    except DuplicateKeyError:
        raise _name_taken(data.name) from None


@allow(MARKETING)
async def update_newsletter_template(
    actor: Actor, app_id: str, template_id: str, data: NewsletterTemplateUpdate
) -> NewsletterTemplate:
    """Changes what is sent. Campaigns that began from the template keep what they have."""
    template = await get_newsletter_template(actor, app_id, template_id)
    await check_compiles(template.model_copy(update=data.sent()))
    changes = data.assignments()
    if "name" in changes:
        changes["nameKey"] = data.name.casefold()
    try:
        changed = await NewsletterTemplate.change({"_id": template.id, "appId": app_id}, touched(changes))
    except DuplicateKeyError:
        raise _name_taken(data.name) from None
    return found(changed, "Newsletter template")


@allow(MARKETING)
async def delete_newsletter_template(actor: Actor, app_id: str, template_id: str) -> NewsletterTemplate:
    """Deletes a newsletter template. Campaigns that began from it keep what they have."""
    template = await get_newsletter_template(actor, app_id, template_id)
    deleted = await NewsletterTemplate.find_one({"_id": template.id}).delete()
    if deleted is None or not deleted.deleted_count:
        raise NotFound("Newsletter template not found")
    return template


async def check_compiles(template: NewsletterTemplate) -> None:
    """Raises `TemplateProblem` with the field as it is called here. Large ones take a while, so others may go on."""
    try:
        await asyncio.to_thread(
            prepare,
            subject=template.subject,
            html=template.html_content,
            text=template.text_content,
            variables=STANDARD,
            track_clicks=True,
            track_opens=True,
        )
    except TemplateProblem as problem:
        field = FIELDS.get(problem.field or "", problem.field)
        raise TemplateProblem(problem.line, problem.reason, field) from None


def _name_taken(name: str) -> Conflict:
    return Conflict(f"The app has a newsletter template {name} already", "name")
