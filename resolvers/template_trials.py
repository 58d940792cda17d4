"""Templates tried out: what they look like, and what they look like in a mail program."""

import asyncio
from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from pydantic import Field

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.inputs import OMITTED, Email, Input, JsonObject, Locale, ShortText, Text
from mail.content import Rendered
from models.apps import App
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind
from models.templates import Template
from resolvers.apps import visible_app
from resolvers.mail_contents import PreparedMail, personal_links, template_content
from resolvers.mail_skeletons import template_skeleton
from resolvers.template_inputs import Source, Variables
from resolvers.templates import get_template, stored_variables
from resolvers.transactional import Recipient, checked_values, plan_mail

SYSTEM: Final = Actor.system("templates")
READER: Final = Recipient("ada@example.com", "Ada Lovelace")
"""To whom previews are written."""


class TemplatePreview(Input):
    """What is given of a draft takes the place of what the template of `templateId` has; without one the draft stands
    alone. `values` stand before the variables' samples, and those before their defaults."""

    template_id: Annotated[str, Field(max_length=64)] | None = None
    language: Locale = OMITTED
    subject: Annotated[Text, Field(max_length=500)] = OMITTED
    html: Source = OMITTED
    text: Source = OMITTED
    variables: Variables = OMITTED
    values: JsonObject = Field(default_factory=dict)


class TemplateTest(Input):
    """Where to send a trial, and with which values: the rest are the variables' samples and defaults."""

    email: Email
    name: ShortText = ""
    values: JsonObject = Field(default_factory=dict)


@allow(STAFF)
async def preview_template(actor: Actor, app_id: str, data: TemplatePreview) -> Rendered:
    """What a template, or a draft of one, looks like with sample values. Nothing is kept or sent."""
    app = await visible_app(actor, app_id)
    template = await get_template(actor, app_id, data.template_id) if data.template_id else _blank(app)
    drafted = {name: value for name, value in data.sent().items() if name not in ("template_id", "values")}
    if "variables" in drafted:
        drafted["variables"] = stored_variables(data.variables)
    draft: Template = template.model_copy(update=drafted)
    return await _render(draft, app, READER, data.values)


@allow(MARKETING)
async def send_template_test(actor: Actor, app_id: str, template_id: str, data: TemplateTest) -> Delivery:
    """Sends a trial of a template, switched on or not, to one address. Returns its delivery, which says what became of
    it."""
    app = await visible_app(actor, app_id)
    template = await get_template(actor, app_id, template_id)
    recipient = Recipient(data.email, data.name)
    await _render(template, app, recipient, data.values)
    return await plan_mail(
        SYSTEM,
        app,
        f"template-id:{template.id}",
        recipient,
        values=_values(template, data.values),
        language=template.language,
        source=f"test:{template.id}:{PydanticObjectId()}",
        category=ConsentCategory.TRANSACTIONAL,
        kind=DeliveryKind.TEST,
    )


async def _render(template: Template, app: App, reader: Recipient, values: dict[str, Any]) -> Rendered:
    """Raises `TemplateProblem` where it does not compile, or a value is missing."""
    category = ConsentCategory.TRANSACTIONAL
    content = await template_content(template, app, category)
    mail = PreparedMail(app, content, template_skeleton(app, template.key, category))
    delivery = Delivery(
        app_id=app.id,
        source="preview",
        kind=DeliveryKind.TEST,
        category=category,
        content="preview",
        email=reader.email,
        name=reader.name,
        language=template.language,
        values=_values(template, values),
    )
    return await asyncio.to_thread(mail.render, delivery, personal_links(delivery, app, ()))


def _values(template: Template, values: dict[str, Any]) -> dict[str, Any]:
    samples = {variable.name: variable.sample for variable in template.variables if variable.sample is not None}
    return checked_values(samples | values)


def _blank(app: App) -> Template:
    made_by = SYSTEM.label
    return Template(
        app_id=app.id,
        key="draft",
        name="",
        name_key="",
        language=app.mail.default_language,
        category="",
        subject="",
        created_by=made_by,
        updated_by=made_by,
    )
