"""The apps' transactional templates, over REST."""

from typing import Annotated, Any

from fastapi import Path, Query

from resolvers import templates
from resolvers.template_inputs import TemplateCreate, TemplateReplace, TemplateUpdate
from resolvers.templates import TemplateFilter, TemplateSortKey
from rest_compat.edge import AppId, CurrentActor, Data, DataMessage, Listing, Message, Paged, StoredWire, Wire, page_of

TemplateId = Annotated[str, Path(alias="templateId")]


class VariableWire(Wire):
    name: str
    description: str
    default: Any
    sample: Any


class TemplateWire(StoredWire):
    app_id: str
    key: str
    name: str
    language: str
    category: str
    subject: str
    html: str | None
    text: str | None
    variables: list[VariableWire]
    is_active: bool
    version: int
    created_by: str
    updated_by: str


class TemplateCategoriesWire(Wire):
    languages: list[str]
    categories: list[str]


class TemplateListing(Listing, TemplateFilter):
    sort_keys = TemplateSortKey


async def template_categories(actor: CurrentActor, app_id: AppId) -> Data[TemplateCategoriesWire]:
    """The languages and the categories that the app's templates use."""
    return Data(data=TemplateCategoriesWire.of(await templates.template_categories(actor, app_id)))


async def list_templates(
    actor: CurrentActor, app_id: AppId, query: Annotated[TemplateListing, Query()]
) -> Paged[TemplateWire]:
    """The app's templates."""
    found = await templates.list_templates(actor, app_id, query.window, query, query.order)
    return await page_of(TemplateWire, found, query.window)


async def create_template(actor: CurrentActor, app_id: AppId, body: TemplateCreate) -> DataMessage[TemplateWire]:
    """Add a template. `variables` are objects; their names alone, or an object of names and defaults, do as well."""
    template = await templates.create_template(actor, app_id, body)
    return DataMessage(data=TemplateWire.of(template), message="Template created")


async def get_template(actor: CurrentActor, app_id: AppId, template_id: TemplateId) -> Data[TemplateWire]:
    """One template."""
    return Data(data=TemplateWire.of(await templates.get_template(actor, app_id, template_id)))


async def replace_template(
    actor: CurrentActor, app_id: AppId, template_id: TemplateId, body: TemplateReplace
) -> DataMessage[TemplateWire]:
    """Replace a template as a whole: what is left out becomes what it is in a new template."""
    template = await templates.replace_template(actor, app_id, template_id, body)
    return DataMessage(data=TemplateWire.of(template), message="Template replaced")


async def update_template(
    actor: CurrentActor, app_id: AppId, template_id: TemplateId, body: TemplateUpdate
) -> DataMessage[TemplateWire]:
    """Change what is sent, leave the rest."""
    template = await templates.update_template(actor, app_id, template_id, body)
    return DataMessage(data=TemplateWire.of(template), message="Template updated")


async def delete_template(actor: CurrentActor, app_id: AppId, template_id: TemplateId) -> Message:
    """Delete a template; the app then sends what is built in."""
    await templates.delete_template(actor, app_id, template_id)
    return Message(message="Template deleted")


async def toggle_template(actor: CurrentActor, app_id: AppId, template_id: TemplateId) -> DataMessage[TemplateWire]:
    """Switch a template on or off."""
    template = await templates.toggle_template(actor, app_id, template_id)
    message = "Template activated" if template.is_active else "Template deactivated"
    return DataMessage(data=TemplateWire.of(template), message=message)


async def duplicate_template(actor: CurrentActor, app_id: AppId, template_id: TemplateId) -> DataMessage[TemplateWire]:
    """Copy a template; the copy starts switched off, with `-copy` in its key."""
    template = await templates.duplicate_template(actor, app_id, template_id)
    return DataMessage(data=TemplateWire.of(template), message="Template copied")
