"""The mails that an app sends by itself."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, NotFound, Unauthenticated
from core.pages import Page
from mail.limits import MAX_SOURCE
from mail.templates import TemplateProblem
from models.templates import Template, Variable
from resolvers import templates
from resolvers.template_inputs import TemplateCreate, TemplateReplace, TemplateUpdate
from resolvers.templates import TemplateFilter, TemplateSortKey
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.people import an_actor
from tests.factories.templates import SYSTEM, a_template, new_template

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
OWN = {"id", "created_at", "updated_at", "created_by", "updated_by", "version"}


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


def update(**fields: Any) -> TemplateUpdate:
    return TemplateUpdate.model_validate(fields)


def replacement(**fields: Any) -> TemplateReplace:
    return TemplateReplace.model_validate(new_template(**fields).model_dump(by_alias=True) | fields)


async def changed(template: Template, **fields: Any) -> Template:
    return await templates.update_template(SYSTEM, APP, str(template.id), update(**fields))


async def listed(actor: Actor, **filters: object) -> list[str]:
    """By name."""
    wanted = TemplateFilter.model_validate(filters)
    found = await templates.list_templates(actor, APP, Page(), wanted, TemplateSortKey.NAME.order())
    return [f"{template.key}.{template.language}" for template in found.items]


async def kept(template: Template) -> Template:
    stored = await Template.get(template.id)
    assert stored is not None
    return stored


class TestWorks:
    async def test_a_created_template_is_found(self) -> None:
        actor = await an_actor(Role.MARKETING)
        data = new_template(key="welcome", name="Welcome", category="onboarding", text="Hello {{ name }}")
        created = await templates.create_template(actor, APP, data)
        found = await templates.get_template(actor, APP, str(created.id))
        assert (found.key, found.name, found.language, found.category) == ("welcome", "Welcome", "en", "onboarding")
        assert (found.html, found.text) == (data.html, "Hello {{ name }}")
        assert found.variables == [Variable(name="plan", default="Free")]
        assert (found.is_active, found.version, found.created_by) == (True, 1, actor.label)

    async def test_what_is_left_out_follows_from_the_rest(self) -> None:
        await an_app("other")
        app = await an_app("parlons")
        await app.set({"mail.defaultLanguage": "fr"})
        created = await templates.create_template(SYSTEM, "parlons", TemplateCreate(key="adieu", subject="A", text="B"))
        assert (created.name, created.language, created.category) == ("adieu", "fr", "general")
        assert (created.html, created.variables) == (None, [])

    async def test_lists_filter_by_key_language_category_activity_and_text(self) -> None:
        viewer = await an_actor(Role.VIEWER)
        await a_template(APP, key="welcome", name="Welcome", category="onboarding")
        await a_template(APP, key="welcome", name="Willkommen", language="de", category="onboarding")
        await a_template(APP, key="trial", name="Trial", category="billing", subject="Three days", isActive=False)
        assert await listed(viewer) == ["trial.en", "welcome.en", "welcome.de"]
        assert await listed(viewer, key="welcome", language="de") == ["welcome.de"]
        assert await listed(viewer, category="billing") == ["trial.en"]
        assert await listed(viewer, isActive=True) == ["welcome.en", "welcome.de"]
        assert await listed(viewer, search="THREE") == ["trial.en"]
        assert await listed(viewer, search=".*") == []

    async def test_languages_and_categories_are_listed_once_in_order(self) -> None:
        for fields in ({"language": "fr", "category": "billing"}, {"category": "billing"}, {"category": "account"}):
            await a_template(APP, **fields)
        used = await templates.template_categories(await an_actor(Role.VIEWER), APP)
        assert (used.languages, used.categories) == (["en", "fr"], ["account", "billing"])

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        actor, template = await an_actor(Role.MARKETING), await a_template(APP, key="welcome")
        after = await templates.update_template(actor, APP, str(template.id), update(subject="Hi", category="a"))
        changed = OWN | {"subject", "category", "search_text", "search_words"}
        assert after.model_dump(exclude=changed) == template.model_dump(exclude=changed)
        assert (after.subject, after.category, after.version, after.updated_by) == ("Hi", "a", 2, actor.label)
        assert after.updated_at >= template.updated_at

    async def test_a_replacement_forgets_what_is_not_sent(self) -> None:
        template = await a_template(APP, key="welcome", name="Welcome", category="onboarding", isActive=False)
        data = TemplateReplace(key="welcome", subject="Hi", text="Hello")
        after = await templates.replace_template(SYSTEM, APP, str(template.id), data)
        assert (after.id, after.created_by, after.version) == (template.id, template.created_by, 2)
        assert (after.name, after.category, after.html, after.text) == ("welcome", "general", None, "Hello")
        assert (after.variables, after.is_active) == ([], True)

    async def test_its_sources_stay_as_they_were_written(self) -> None:
        template = await a_template(APP, text="\n  Hi\r\n\n", html=" <p>Hi</p>\n")
        assert ((await kept(template)).text, (await kept(template)).html) == ("\n  Hi\n\n", " <p>Hi</p>\n")

    async def test_what_changes_nothing_is_no_version(self) -> None:
        template = await a_template(APP)
        assert (await changed(template)).version == 1
        assert (await changed(template, subject=template.subject)).updated_at == template.updated_at

    async def test_toggling_switches_off_and_on(self) -> None:
        template = await a_template(APP)
        assert not (await templates.toggle_template(SYSTEM, APP, str(template.id))).is_active
        assert (await templates.toggle_template(SYSTEM, APP, str(template.id))).is_active

    async def test_a_copy_starts_inactive_under_another_key(self) -> None:
        actor, template = await an_actor(Role.MARKETING), await a_template(APP, key="welcome", name="Welcome")
        copies = [await templates.duplicate_template(actor, APP, str(template.id)) for _ in range(3)]
        assert [copy.key for copy in copies] == ["welcome-copy", "welcome-copy-2", "welcome-copy-3"]
        assert [copy.name for copy in copies] == ["Welcome (copy)", "Welcome (copy 2)", "Welcome (copy 3)"]
        assert {(copy.is_active, copy.version, copy.created_by) for copy in copies} == {(False, 1, actor.label)}
        assert copies[0].html == template.html
        again = await templates.duplicate_template(actor, APP, str(copies[1].id))
        assert again.key == "welcome-copy-4"

    async def test_the_copy_of_a_long_key_fits(self) -> None:
        template = await a_template(APP, key="k" * 64, name="n" * 120)
        for suffix in ("-copy", "-copy-2"):
            copy = await templates.duplicate_template(SYSTEM, APP, str(template.id))
            assert (len(copy.key), copy.key.endswith(suffix), len(copy.name)) == (64, True, 120)

    async def test_a_copy_of_one_language_takes_no_key_of_another(self) -> None:
        english, german = await a_template(APP, key="hi"), await a_template(APP, key="hi", language="de")
        copies = [await templates.duplicate_template(SYSTEM, APP, str(one.id)) for one in (english, german)]
        assert [(copy.key, copy.language) for copy in copies] == [("hi-copy", "en"), ("hi-copy", "de")]

    async def test_a_deleted_template_is_gone(self) -> None:
        template = await a_template(APP)
        await templates.delete_template(SYSTEM, APP, str(template.id))
        assert await Template.get(template.id) is None

    async def test_a_template_of_maximal_size(self) -> None:
        paragraphs = "<p>Hello {{ name }}, your plan is {{ plan }}.</p>\n" * 900
        html = paragraphs + "x" * (MAX_SOURCE - len(paragraphs))
        template = await a_template(APP, html=html, text="y" * MAX_SOURCE)
        assert ((await kept(template)).html, (await kept(template)).text) == (html, "y" * MAX_SOURCE)

    async def test_the_built_in_mails_are_listed(self) -> None:
        found = await templates.list_built_in_templates(await an_actor(Role.VIEWER))
        assert {"newsletter-confirmation", "data-export"} <= {mail.key for mail in found}


class TestAtOnce:
    async def test_changes_of_different_parts_are_all_kept(self) -> None:
        template = await a_template(APP)
        parts = {"subject": "S", "name": "N", "category": "C", "text": "T", "html": "<p>H</p>", "isActive": False}
        await asyncio.gather(*(changed(template, **{name: value}) for name, value in parts.items()))
        after = await kept(template)
        assert {name: getattr(after, "is_active" if name == "isActive" else name) for name in parts} == parts
        assert after.version == 1 + len(parts)

    async def test_every_one_of_parallel_toggles_counts(self) -> None:
        template = await a_template(APP)
        await asyncio.gather(*(templates.toggle_template(SYSTEM, APP, str(template.id)) for _ in range(7)))
        assert not (await kept(template)).is_active

    async def test_parts_that_do_not_go_together_are_not_both_kept(self) -> None:
        """A variable goes while a text begins to use it: whoever comes second is told."""
        template = await a_template(APP, html="<p>Hi</p>", variables=["plan"])
        outcomes = await asyncio.gather(
            changed(template, text="Your plan: {{ plan }}"), changed(template, variables=[]), return_exceptions=True
        )
        assert sum(isinstance(outcome, TemplateProblem) for outcome in outcomes) == 1

    async def test_of_those_who_name_the_version_one_wins(self) -> None:
        template = await a_template(APP)
        outcomes = await asyncio.gather(
            *(changed(template, subject=f"S{number}", expectedVersion=1) for number in range(5)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Template) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4

    async def test_parallel_copies_get_keys_of_their_own(self) -> None:
        template = await a_template(APP, key="hi")
        copies = await asyncio.gather(*(templates.duplicate_template(SYSTEM, APP, str(template.id)) for _ in range(5)))
        assert {copy.key for copy in copies} == {"hi-copy", "hi-copy-2", "hi-copy-3", "hi-copy-4", "hi-copy-5"}


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Welcome", "Another name"]),
        "language": st.sampled_from(["en", "de", "pt-BR"]),
        "category": st.sampled_from(["general", "billing"]),
        "subject": st.sampled_from(["Hi", "Hi {{ name }}", "{{ plan }}"]),
        "html": st.sampled_from([None, "", "<p>{{ plan }}</p>", "<p>Hi</p>", "<p>{% if plan %}</p>{% endif %}"]),
        "text": st.sampled_from([None, "Hi", "{{ other }}"]),
        "variables": st.sampled_from([["plan"], [{"name": "plan", "sample": 1}, {"name": "other"}], []]),
        "isActive": st.booleans(),
    },
)


class TestParts:
    @settings(max_examples=40)
    @given(first=PARTS, parts=PARTS)
    async def test_changing_parts_equals_replacing_the_whole_that_they_make(
        self, first: dict[str, Any], parts: dict[str, Any]
    ) -> None:
        whole: dict[str, Any] = {"name": "Welcome", "language": "en", "subject": "Hi", "html": "<p>Hi</p>"}
        whole |= {"text": None, "variables": ["plan", "other"], "category": "general", "isActive": True}

        async def outcome(*steps: TemplateUpdate | TemplateReplace) -> Any:
            template = await a_template(APP, key="welcome")
            try:
                for data in steps:
                    if isinstance(data, TemplateReplace):
                        template = await templates.replace_template(SYSTEM, APP, str(template.id), data)
                    else:
                        template = await templates.update_template(SYSTEM, APP, str(template.id), data)
                return template.model_dump(exclude=OWN)
            except TemplateProblem as problem:
                return problem.message
            finally:
                await Template.find_all().delete()

        before = replacement(key="welcome", **(whole | first))
        merged = replacement(key="welcome", **(whole | first | parts))
        assert await outcome(before, update(**parts)) == await outcome(before, merged)


class TestWhoMay:
    async def test_nobody_and_no_backend_reads(self) -> None:
        with pytest.raises(Unauthenticated):
            await listed(Actor.anonymous())
        with pytest.raises(Forbidden):
            await listed(backend_of(APP))

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
    async def test_only_marketing_and_admins_write(self, role: Role) -> None:
        actor, template = await an_actor(role), str((await a_template(APP)).id)
        for attempt in (
            templates.create_template(actor, APP, new_template()),
            templates.replace_template(actor, APP, template, replacement()),
            templates.update_template(actor, APP, template, update(name="Mine")),
            templates.toggle_template(actor, APP, template),
            templates.duplicate_template(actor, APP, template),
            templates.delete_template(actor, APP, template),
        ):
            with pytest.raises(Forbidden):
                await attempt


class TestOwnership:
    async def test_a_template_of_another_app_does_not_exist(self) -> None:
        await an_app("other")
        template = str((await a_template("other")).id)
        for attempt in (
            templates.get_template(SYSTEM, APP, template),
            templates.replace_template(SYSTEM, APP, template, replacement()),
            templates.update_template(SYSTEM, APP, template, update(name="Mine")),
            templates.toggle_template(SYSTEM, APP, template),
            templates.duplicate_template(SYSTEM, APP, template),
            templates.delete_template(SYSTEM, APP, template),
        ):
            with pytest.raises(NotFound, match="Template not found"):
                await attempt


class TestValidation:
    async def test_there_is_one_of_each_key_and_language(self) -> None:
        await an_app("other")
        await a_template(APP, key="welcome")
        await a_template(APP, key="welcome", language="de")
        await a_template("other", key="welcome")
        other = await a_template(APP, key="goodbye")
        for attempt in (
            templates.create_template(SYSTEM, APP, new_template(key="welcome")),
            changed(other, key="welcome"),
            templates.replace_template(SYSTEM, APP, str(other.id), replacement(key="welcome")),
        ):
            with pytest.raises(Conflict, match="a template welcome in en already") as conflict:
                await attempt
            assert conflict.value.field == "key"

    async def test_a_version_that_is_gone_by_is_a_conflict(self) -> None:
        template = await a_template(APP)
        await changed(template, subject="Hi")
        with pytest.raises(Conflict, match="changed meanwhile, by system:tests") as conflict:
            await changed(template, subject="Hello", expectedVersion=1)
        assert conflict.value.field == "expectedVersion"
        assert (await changed(template, subject="Hello", expectedVersion=2)).version == 3

    @pytest.mark.parametrize(
        ("fields", "field", "line", "reason"),
        [
            ({"subject": "Hi {{ nobody }}"}, "subject", 1, "unknown variables: nobody"),
            ({"html": "<p>\n{{ plan"}, "html", 2, "unexpected end of template"),
            ({"html": "<p>{% if plan %}</p>{% endif %}"}, "html", 1, "close what was opened"),
            ({"text": "a\nb\n{% frobnicate %}"}, "text", 3, "Encountered unknown tag 'frobnicate'"),
            ({"html": None, "text": None}, "html", None, "A mail needs HTML or text"),
            ({"html": "", "text": ""}, "html", None, "A mail needs HTML or text"),
            ({"variables": []}, "html", 1, "unknown variables: plan"),
        ],
    )
    async def test_what_does_not_compile_is_told_by_field_line_and_reason(
        self, fields: dict[str, Any], field: str, line: int | None, reason: str
    ) -> None:
        template = await a_template(APP, key="there")
        for attempt in (
            templates.create_template(SYSTEM, APP, new_template(**fields)),
            changed(template, **fields),
            templates.replace_template(SYSTEM, APP, str(template.id), replacement(key="there", **fields)),
        ):
            with pytest.raises(TemplateProblem, match=reason) as problem:
                await attempt
            assert (problem.value.field, problem.value.line) == (field, line)
        assert (await kept(template)).version == 1

    @pytest.mark.parametrize(
        "source",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ cycler.__init__.__globals__ }}",
            "{% include 'secrets' %}",
            "{% import 'os' as os %}",
            "{% macro m() %}{{ m() }}{% endmacro %}",
            "{{ self }}",
            "{{ _links }}",
            "{{ config }}",
        ],
    )
    async def test_what_would_leave_the_sandbox_is_refused(self, source: str) -> None:
        with pytest.raises(TemplateProblem):
            template = await a_template(APP, html=f"<p>{source}</p>")
            await changed(
                template, text="x"
            )  # what is only wrong once it runs is refused by previews: test_template_trials

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"key": "Welcome!"}, "key"),
            ({"key": "k" * 65}, "key"),
            ({"language": "english"}, "language"),
            ({"subject": ""}, "subject"),
            ({"subject": "x" * 501}, "subject"),
            ({"subject": None}, "subject"),
            ({"html": "x" * (MAX_SOURCE + 1)}, "html"),
            ({"html": "a\x00b"}, "html"),
            ({"category": ""}, "category"),
            ({"variables": [{"name": "a b"}]}, "variables.0.name"),
            ({"variables": [{"name": "unsubscribe_url"}]}, "variables.0.name"),
            ({"variables": ["_links"]}, "variables.0.name"),
            ({"variables": ["a", "a"]}, "variables"),
            ({"variables": [{"name": "a", "default": {"$where": 1}}]}, "variables.0.default"),
            ({"variables": {"a": "x" * 10_001}}, "variables.0.default"),
            ({"variables": [f"v{number}" for number in range(101)]}, "variables"),
            ({"variables": {f"v{number}": "x" * 9_000 for number in range(9)}}, "variables"),
            ({"isActive": "perhaps"}, "isActive"),
            ({"createdBy": "me"}, "createdBy"),
            ({"version": 7}, "version"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, Any], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            new_template(**fields)
        assert ".".join(map(str, error.value.errors()[0]["loc"])) == wrong

    def test_variables_are_understood_by_name_and_with_defaults_too(self) -> None:
        by_name = new_template(variables=["plan", {"name": "days", "default": 3}])
        by_default = new_template(variables={"plan": None, "days": 3})
        assert by_name.variables == by_default.variables


class TestMissing:
    @pytest.mark.parametrize("template_id", ["0" * 24, "nothing", "", '{"$ne": null}'])
    async def test_an_unknown_template_is_not_found(self, template_id: str) -> None:
        for attempt in (
            templates.get_template(SYSTEM, APP, template_id),
            templates.update_template(SYSTEM, APP, template_id, update(name="X")),
            templates.delete_template(SYSTEM, APP, template_id),
        ):
            with pytest.raises(NotFound, match="Template not found"):
                await attempt

    async def test_deleting_twice_is_not_found(self) -> None:
        template = await a_template(APP)
        await templates.delete_template(SYSTEM, APP, str(template.id))
        with pytest.raises(NotFound):
            await templates.delete_template(SYSTEM, APP, str(template.id))

    async def test_an_unknown_app_is_not_found(self) -> None:
        for attempt in (
            templates.template_categories(SYSTEM, "nowhere"),
            templates.create_template(SYSTEM, "nowhere", new_template()),
        ):
            with pytest.raises(NotFound, match="Unknown app"):
                await attempt
