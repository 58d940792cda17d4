"""The mails that an app sends by itself: one template per app, key and language."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from core.access import MARKETING, STAFF, allow
from core.actor import Actor
from core.errors import Conflict, found
from core.ids import Handle, object_id
from core.inputs import Input, Locale, Search
from core.mongo import containing, slice_of
from core.pages import Slice, Sort, SortKey, Window
from core.words import words_of
from mail.builtin import BuiltIn, built_ins
from models.apps import App
from models.base import touched
from models.templates import Template, Variable
from resolvers.apps import visible_app
from resolvers.mail_contents import template_content
from resolvers.template_inputs import (
    LONGEST_KEY,
    LONGEST_NAME,
    Category,
    TemplateCreate,
    TemplateReplace,
    TemplateUpdate,
    TemplateVariable,
)

COMPILED: Final = frozenset({"subject", "html", "text", "variables"})
COPY: Final = re.compile(r"-copy(-\d+)?$")


class TemplateFilter(Input):
    search: Search | None = None
    key: Handle | None = None
    language: Locale | None = None
    category: Category | None = None
    is_active: bool | None = None


class TemplateSortKey(SortKey):
    CREATED_AT = "createdAt"
    UPDATED_AT = "updatedAt"
    NAME = "name", "nameKey"


@dataclass(frozen=True, slots=True)
class TemplateCategories:
    """What an app's templates use, in alphabetical order."""

    languages: list[str]
    categories: list[str]


@allow(STAFF)
async def list_templates(
    actor: Actor, app_id: str, window: Window, filters: TemplateFilter, sort: Sort
) -> Slice[Template]:
    """The templates of an app."""
    await visible_app(actor, app_id)
    query: dict[str, Any] = {"appId": app_id}
    if filters.key is not None:
        query["key"] = filters.key
    if filters.language is not None:
        query["language"] = filters.language
    if filters.category is not None:
        query["category"] = filters.category
    if filters.is_active is not None:
        query["isActive"] = filters.is_active
    if filters.search:
        query["searchText"] = containing(filters.search)
    return await slice_of(Template, query, sort, window)


@allow(STAFF)
async def template_categories(actor: Actor, app_id: str) -> TemplateCategories:
    """The languages and the categories that an app's templates use."""
    await visible_app(actor, app_id)
    used = {"appId": app_id}
    return TemplateCategories(
        sorted(await Template.distinct("language", used)), sorted(await Template.distinct("category", used))
    )


@allow(STAFF)
async def list_built_in_templates(actor: Actor) -> list[BuiltIn]:
    """The mails that every app sends where it has no active template of the same key."""
    return [mail for of_key in built_ins().values() for mail in of_key.values()]


@allow(STAFF)
async def get_template(actor: Actor, app_id: str, template_id: str) -> Template:
    """One template of an app."""
    await visible_app(actor, app_id)
    return await _find(app_id, template_id)


@allow(MARKETING)
async def create_template(actor: Actor, app_id: str, data: TemplateCreate) -> Template:
    """Adds a template to an app. One that does not compile is refused, with the line and the reason."""
    app = await visible_app(actor, app_id)
    made = {"app_id": app_id, "created_by": actor.label, "updated_by": actor.label, "name_key": ""}
    template = _completed(Template(**made, **_all_fields(data, app)))
    await template_content(template, app)
    try:
        return await template.insert()
    except DuplicateKeyError:
        raise _taken(template) from None


@allow(MARKETING)
async def replace_template(actor: Actor, app_id: str, template_id: str, data: TemplateReplace) -> Template:
    """Replaces a template as a whole: what is left out becomes what it is in a new template."""
    app = await visible_app(actor, app_id)
    fields = _all_fields(data, app)
    return await _write(actor, app, template_id, data.expected_version, lambda current: fields)


@allow(MARKETING)
async def update_template(actor: Actor, app_id: str, template_id: str, data: TemplateUpdate) -> Template:
    """Changes what is sent of a template, and leaves the rest."""
    app = await visible_app(actor, app_id)
    fields = _sent_fields(data)
    return await _write(actor, app, template_id, data.expected_version, lambda current: fields)


@allow(MARKETING)
async def toggle_template(actor: Actor, app_id: str, template_id: str) -> Template:
    """Switches a template on or off. Without an active one, the app sends what is built in."""
    app = await visible_app(actor, app_id)
    return await _write(actor, app, template_id, None, lambda current: {"is_active": not current.is_active})


@allow(MARKETING)
async def duplicate_template(actor: Actor, app_id: str, template_id: str) -> Template:
    """Copies a template. The copy has `-copy` in its key, and starts switched off."""
    template = await get_template(actor, app_id, template_id)
    number = 1
    while True:
        try:
            return await _copy(template, number, by=actor.label).insert()
        except DuplicateKeyError:
            number += 1


@allow(MARKETING)
async def delete_template(actor: Actor, app_id: str, template_id: str) -> Template:
    """Deletes a template, and returns it as it was. The app then sends what is built in."""
    template = await get_template(actor, app_id, template_id)
    deleted = await Template.find_one({"_id": template.id}).delete()
    return found(template if deleted is not None and deleted.deleted_count else None, "Template")


def stored_variables(variables: list[TemplateVariable]) -> list[Variable]:
    return [Variable(**variable.model_dump()) for variable in variables]


async def _find(app_id: str, template_id: str) -> Template:
    identity = object_id(template_id)
    return found(await Template.find_one({"_id": identity, "appId": app_id}) if identity else None, "Template")


async def _write(
    actor: Actor,
    app: App,
    template_id: str,
    expected_version: int | None,
    change: Callable[[Template], Mapping[str, Any]],
) -> Template:
    """The template with other values in some fields (by attribute name). Where somebody else writes meanwhile, it is
    read and decided again."""
    while True:
        current = await _find(app.id, template_id)
        if expected_version is not None and expected_version != current.version:
            raise Conflict(f"The template was changed meanwhile, by {current.updated_by}", "expectedVersion")
        wanted = _completed(current.model_copy(update=dict(change(current))))
        changes = _differences(current, wanted)
        if not changes:
            return current
        if changes.keys() & COMPILED:
            await template_content(wanted, app)
        update = touched({**changes, "updatedBy": actor.label}) | {"$inc": {"version": 1}}
        try:
            written = await Template.change({"_id": current.id, "version": current.version}, update)
        except DuplicateKeyError:
            raise _taken(wanted) from None
        if written is not None:
            return written


def _all_fields(data: TemplateCreate, app: App) -> dict[str, Any]:
    return data.model_dump(include=set(TemplateCreate.model_fields)) | {
        "name": data.name or data.key,
        "language": data.language or app.mail.default_language,
        "variables": stored_variables(data.variables),
    }


def _sent_fields(data: TemplateUpdate) -> dict[str, Any]:
    fields = {name: value for name, value in data.sent().items() if name != "expected_version"}
    return fields | ({"variables": stored_variables(data.variables)} if "variables" in fields else {})


def _completed(template: Template) -> Template:
    """With what lists sort and search by, which follows from the rest."""
    words = (template.key, template.name, template.subject, template.category)
    derived = {
        "name_key": template.name.casefold(),
        "search_text": " ".join(words).casefold(),
        "search_words": words_of(*words),
    }
    completed: Template = template.model_copy(update=derived)
    return completed


def _copy(template: Template, number: int, *, by: str) -> Template:
    """The copy of that number, with a name and a key that fit."""
    suffix, mark = ("-copy", " (copy)") if number == 1 else (f"-copy-{number}", f" (copy {number})")
    own = {"id", "created_at", "updated_at", "version"}
    named = {
        "key": COPY.sub("", template.key)[: LONGEST_KEY - len(suffix)] + suffix,
        "name": template.name[: LONGEST_NAME - len(mark)] + mark,
        "is_active": False,
        "created_by": by,
        "updated_by": by,
    }
    return _completed(Template(**template.model_dump(exclude=own) | named))


def _differences(current: Template, wanted: Template) -> dict[str, Any]:
    """What is to be set, by stored names."""
    return {
        info.alias or name: getattr(wanted, name)
        for name, info in Template.model_fields.items()
        if getattr(current, name) != getattr(wanted, name)
    }


def _taken(template: Template) -> Conflict:
    return Conflict(f"The app has a template {template.key} in {template.language} already", "key")
