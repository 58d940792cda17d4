"""The apps' transactional templates, in GraphQL."""

from datetime import datetime
from typing import cast

import strawberry
from strawberry import ID, Maybe
from strawberry.scalars import JSON

from core.pages import Range
from models import templates as stored
from resolvers import template_trials, templates
from resolvers.template_inputs import TemplateCreate, TemplateReplace, TemplateUpdate
from resolvers.template_trials import TemplatePreview, TemplateTest
from resolvers.templates import TemplateFilter, TemplateSortKey
from schema.apps import App
from schema.connections import After, Before, Connection, First, Last
from schema.edge import Info, UserError, mutation, parse, query
from schema.loaded import loaded
from schema.loaders import Loaders

strawberry.enum(TemplateSortKey)


@strawberry.type(description="What a template may be given.")
class TemplateVariable:
    name: str
    description: str
    default: JSON | None = strawberry.field(description="Without one, the value has to be given.")
    sample: JSON | None = strawberry.field(description="Stands for the value in previews and trials.")


@strawberry.type(
    description="A mail that an app sends by itself, in one language. Besides its variables it may use `app_name`, "
    "`email`, `first_name`, `language`, `name`, `postal_address`, `unsubscribe_label` and `unsubscribe_url`."
)
class Template:
    id: ID
    app_id: ID
    key: str
    name: str
    language: str
    category: str
    subject: str
    html: str | None
    text: str | None = strawberry.field(description="Made from the HTML where it is null.")
    variables: list[TemplateVariable]
    is_active: bool
    version: int = strawberry.field(description="Counts the changes.")
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime

    app: App = loaded(stored.Template, Loaders.apps, lambda one: one.app_id)


def template(document: stored.Template) -> Template:
    """The document has all that the type shows."""
    return cast(Template, document)


@strawberry.type(description="A mail that every app sends where it has no active template of the same key.")
class BuiltInTemplate:
    key: str
    language: str
    name: str
    category: str
    subject: str
    html: str
    text: str
    variables: list[TemplateVariable]


@strawberry.type(description="What an app's templates use, in alphabetical order.")
class TemplateCategories:
    languages: list[str]
    categories: list[str]


@strawberry.type(description="What a reader gets. Show the HTML in a sandboxed frame: it is as the author wrote it.")
class RenderedTemplate:
    subject: str
    text: str
    html: str | None


@strawberry.input(
    description="What the template may be given. Without a default, the value has to be given; `sample` stands for it "
    "in previews and trials."
)
class TemplateVariableInput:
    name: str
    description: Maybe[str]
    default: Maybe[JSON | None]
    sample: Maybe[JSON | None]


@strawberry.input(description="`name` is the key, and `language` the app's, where they are left out.")
class TemplateCreateInput:
    key: str
    name: Maybe[str]
    language: Maybe[str | None]
    category: Maybe[str]
    subject: str
    html: Maybe[str | None]
    text: Maybe[str | None]
    variables: Maybe[list[TemplateVariableInput]]
    is_active: Maybe[bool]


@strawberry.input(
    description="`expectedVersion` is the version that the new template was made from: where there is another by now, "
    "it is a conflict."
)
class TemplateReplaceInput(TemplateCreateInput):
    expected_version: Maybe[int | None]


@strawberry.input(
    description="`expectedVersion` is the version that was changed: where there is another by now, it is a conflict."
)
class TemplateUpdateInput:
    key: Maybe[str]
    name: Maybe[str]
    language: Maybe[str]
    category: Maybe[str]
    subject: Maybe[str]
    html: Maybe[str | None]
    text: Maybe[str | None]
    variables: Maybe[list[TemplateVariableInput]]
    is_active: Maybe[bool]
    expected_version: Maybe[int | None]


@strawberry.input
class TemplateFilterInput:
    search: Maybe[str | None]
    key: Maybe[str | None]
    language: Maybe[str | None]
    category: Maybe[str | None]
    is_active: Maybe[bool | None]


@strawberry.input(
    description="What is given of a draft takes the place of what the template of `templateId` has; without one the "
    "draft stands alone. `values` stand before the variables' samples, and those before their defaults."
)
class TemplatePreviewInput:
    template_id: Maybe[str | None]
    language: Maybe[str]
    subject: Maybe[str]
    html: Maybe[str | None]
    text: Maybe[str | None]
    variables: Maybe[list[TemplateVariableInput]]
    values: Maybe[JSON]


@strawberry.input(
    description="Where to send a trial, and with which values: the rest are the variables' samples and defaults."
)
class TemplateTestInput:
    email: str
    name: Maybe[str]
    values: Maybe[JSON]


@strawberry.type
class TemplatePayload:
    template: Template | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TemplateDeletePayload:
    deleted_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type(description="`deliveryId` is the id of the trial's delivery, which says what became of it.")
class TemplateTestPayload:
    delivery_id: ID | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class TemplateQueries:
    @query(templates.get_template)
    async def template(self, info: Info, app_id: ID, id: ID) -> Template:
        return template(await templates.get_template(info.context.actor, app_id, id))

    @query(templates.template_categories)
    async def template_categories(self, info: Info, app_id: ID) -> TemplateCategories:
        return cast(TemplateCategories, await templates.template_categories(info.context.actor, app_id))

    @query(templates.list_built_in_templates)
    async def built_in_templates(self, info: Info) -> list[BuiltInTemplate]:
        return cast(list[BuiltInTemplate], await templates.list_built_in_templates(info.context.actor))

    @query(template_trials.preview_template)
    async def template_preview(self, info: Info, app_id: ID, input: TemplatePreviewInput) -> RenderedTemplate:
        data = parse(TemplatePreview, input)
        return cast(RenderedTemplate, await template_trials.preview_template(info.context.actor, app_id, data))

    @query(templates.list_templates)
    async def templates(
        self,
        info: Info,
        app_id: ID,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: TemplateFilterInput | None = None,
        sort_key: TemplateSortKey = TemplateSortKey.CREATED_AT,
        reverse: bool = False,
    ) -> Connection[Template]:
        window = Range.of(first, after, last, before)
        filters = parse(TemplateFilter, filter)
        return Connection.of(
            await templates.list_templates(
                info.context.actor, app_id, window, filters, sort_key.order(descending=reverse)
            )
        )


@strawberry.type
class TemplateMutations:
    @mutation(templates.create_template)
    async def template_create(self, info: Info, app_id: ID, input: TemplateCreateInput) -> TemplatePayload:
        created = await templates.create_template(info.context.actor, app_id, parse(TemplateCreate, input))
        return TemplatePayload(template=template(created))

    @mutation(templates.replace_template)
    async def template_replace(self, info: Info, app_id: ID, id: ID, input: TemplateReplaceInput) -> TemplatePayload:
        replaced = await templates.replace_template(info.context.actor, app_id, id, parse(TemplateReplace, input))
        return TemplatePayload(template=template(replaced))

    @mutation(templates.update_template)
    async def template_update(self, info: Info, app_id: ID, id: ID, input: TemplateUpdateInput) -> TemplatePayload:
        updated = await templates.update_template(info.context.actor, app_id, id, parse(TemplateUpdate, input))
        return TemplatePayload(template=template(updated))

    @mutation(templates.toggle_template)
    async def template_toggle(self, info: Info, app_id: ID, id: ID) -> TemplatePayload:
        return TemplatePayload(template=template(await templates.toggle_template(info.context.actor, app_id, id)))

    @mutation(templates.duplicate_template)
    async def template_duplicate(self, info: Info, app_id: ID, id: ID) -> TemplatePayload:
        return TemplatePayload(template=template(await templates.duplicate_template(info.context.actor, app_id, id)))

    @mutation(templates.delete_template)
    async def template_delete(self, info: Info, app_id: ID, id: ID) -> TemplateDeletePayload:
        deleted = await templates.delete_template(info.context.actor, app_id, id)
        return TemplateDeletePayload(deleted_id=ID(str(deleted.id)))

    @mutation(template_trials.send_template_test)
    async def template_test_send(self, info: Info, app_id: ID, id: ID, input: TemplateTestInput) -> TemplateTestPayload:
        data = parse(TemplateTest, input)
        delivery = await template_trials.send_template_test(info.context.actor, app_id, id, data)
        return TemplateTestPayload(delivery_id=ID(str(delivery.id)))
