"""What newsletters begin from."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page
from mail.templates import TemplateProblem
from models.newsletter_templates import NewsletterTemplate
from resolvers import newsletter_templates
from resolvers.newsletter_templates import (
    NewsletterTemplateCreate,
    NewsletterTemplateFilter,
    NewsletterTemplateSortKey,
    NewsletterTemplateUpdate,
)
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

SPRING = {"name": "Spring", "subject": "News for {{ name }}", "htmlContent": "<p>Hello {{ first_name }}</p>"}


async def a_template(app_id: str, actor: Actor = SYSTEM, **fields: object) -> NewsletterTemplate:
    data = NewsletterTemplateCreate.model_validate(SPRING | fields)
    return await newsletter_templates.create_newsletter_template(actor, app_id, data)


async def changed(app_id: str, template: NewsletterTemplate, **fields: object) -> NewsletterTemplate:
    data = NewsletterTemplateUpdate.model_validate(fields)
    return await newsletter_templates.update_newsletter_template(SYSTEM, app_id, str(template.id), data)


async def listed(app_id: str, **filters: object) -> list[str]:
    given, by_name = NewsletterTemplateFilter.model_validate(filters), NewsletterTemplateSortKey.NAME.order()
    found = await newsletter_templates.list_newsletter_templates(SYSTEM, app_id, Page(), given, by_name)
    return [template.name for template in found.items]


class TestWorks:
    async def test_a_template_is_added_changed_and_deleted(self) -> None:
        app, marketing = await an_app(), await an_actor(Role.MARKETING)
        template = await a_template(app.id, marketing)
        assert (template.is_active, template.text_content, template.created_by) == (True, None, marketing.label)
        after = await changed(app.id, template, name="Summer", isActive=False)
        assert (after.name, after.subject, after.is_active) == ("Summer", template.subject, False)
        await newsletter_templates.delete_newsletter_template(marketing, app.id, str(template.id))
        assert await listed(app.id) == []

    async def test_lists_filter_and_search(self) -> None:
        app, other = await an_app(), await an_app()
        await a_template(app.id)
        await a_template(app.id, name="Autumn", isActive=False)
        await a_template(other.id)
        assert await listed(app.id) == ["Autumn", "Spring"]
        assert await listed(app.id, isActive=True) == ["Spring"]
        assert await listed(app.id, search="AUT") == ["Autumn"]


class TestWhoMay:
    async def test_all_staff_see_and_marketing_writes(self) -> None:
        app, viewer = await an_app(), await an_actor(Role.VIEWER)
        template = await a_template(app.id)
        shown = await newsletter_templates.get_newsletter_template(viewer, app.id, str(template.id))
        assert shown.id == template.id
        with pytest.raises(Forbidden):
            await a_template(app.id, await an_actor(Role.SUPPORT), name="Summer")
        with pytest.raises(Unauthenticated):
            await newsletter_templates.get_newsletter_template(Actor.anonymous(), app.id, str(template.id))


class TestOwnership:
    async def test_another_app_s_template_is_not_found(self) -> None:
        template, other = await a_template((await an_app()).id), await an_app()
        with pytest.raises(NotFound):
            await changed(other.id, template, name="Summer")
        with pytest.raises(NotFound):
            await newsletter_templates.delete_newsletter_template(SYSTEM, other.id, str(template.id))


class TestValidation:
    async def test_a_name_is_unique_in_an_app_without_regard_to_case(self) -> None:
        app, other = await an_app(), await an_app()
        await a_template(app.id)
        await a_template(other.id)
        with pytest.raises(Conflict) as conflict:
            await a_template(app.id, name="SPRING")
        assert conflict.value.field == "name"
        with pytest.raises(Conflict):
            await changed(app.id, await a_template(app.id, name="Summer"), name="spring")

    @pytest.mark.parametrize(
        ("fields", "field", "line"),
        [
            ({"subject": "News {{ name"}, "subject", 1),
            ({"htmlContent": "<p>Hello</p>\n<p>{{ surname }}</p>"}, "htmlContent", 2),
            ({"textContent": "Hello\n\n{% if name %}"}, "textContent", 3),
        ],
    )
    async def test_one_that_does_not_compile_is_refused_with_line_and_reason(
        self, fields: dict[str, Any], field: str, line: int
    ) -> None:
        app = await an_app()
        with pytest.raises(TemplateProblem) as problem:
            await a_template(app.id, **fields)
        assert (problem.value.field, problem.value.line) == (field, line)
        template = await a_template(app.id)
        with pytest.raises(TemplateProblem):
            await changed(app.id, template, **fields)
        assert await NewsletterTemplate.get(template.id) == template

    @pytest.mark.parametrize(
        "fields", [{"name": ""}, {"subject": ""}, {"htmlContent": ""}, {"htmlContent": None}, {"appId": "other"}]
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object]) -> None:
        with pytest.raises(ValidationError) as error:
            NewsletterTemplateCreate.model_validate(SPRING | fields)
        assert error.value.errors()[0]["loc"] == tuple(fields)


class TestMissing:
    async def test_deleting_twice_and_unknown_ids_are_not_found(self) -> None:
        app = await an_app()
        identity = str((await a_template(app.id)).id)
        await newsletter_templates.delete_newsletter_template(SYSTEM, app.id, identity)
        for unknown in (identity, "0" * 24, "nothing"):
            with pytest.raises(NotFound):
                await newsletter_templates.delete_newsletter_template(SYSTEM, app.id, unknown)
