"""Templates tried out."""

from typing import Any

import pytest

from core.actor import Actor, Role
from core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from mail.content import Rendered
from mail.limits import MAX_SOURCE
from mail.templates import TemplateProblem
from models.apps import App
from models.contacts import ConsentCategory
from models.deliveries import Delivery, DeliveryKind, DeliveryStatus
from models.email_jobs import EmailJob
from models.templates import Template
from resolvers.mail_contents import message_for
from resolvers.template_trials import TemplatePreview, TemplateTest, preview_template, send_template_test
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.templates import SYSTEM, a_template

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"
VARIABLES = [{"name": "plan", "default": "Free", "sample": "Pro"}, {"name": "shops", "sample": ["Tea", "Cakes"]}]


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


async def preview(actor: Actor = SYSTEM, **fields: Any) -> Rendered:
    return await preview_template(actor, APP, TemplatePreview.model_validate(fields))


async def tried(template: Template, actor: Actor = SYSTEM, **fields: Any) -> Delivery:
    data = TemplateTest.model_validate({"email": "Ada@example.com"} | fields)
    return await send_template_test(actor, APP, str(template.id), data)


class TestPreview:
    async def test_samples_stand_for_values_and_values_before_them(self) -> None:
        text = "{{ plan }}: {% for shop in shops %}{{ shop }};{% endfor %} {{ name }} {{ app_name }}"
        template = await a_template(APP, text=text, variables=VARIABLES)
        shown = await preview(templateId=str(template.id))
        assert shown.text == "Pro: Tea;Cakes; Ada Lovelace Banners"
        shown = await preview(templateId=str(template.id), values={"plan": "Max", "name": "Bob"})
        assert shown.text == "Max: Tea;Cakes; Bob Banners"
        assert shown.subject == "Welcome to Banners"
        assert "your plan is Max." in (shown.html or "")

    async def test_what_was_drafted_stands_before_what_is_kept(self) -> None:
        template = await a_template(APP, text="kept", subject="Kept")
        shown = await preview(templateId=str(template.id), text="Draft of {{ days }}", variables={"days": 3}, html=None)
        assert shown == Rendered("Kept", "Draft of 3", None)

    async def test_a_draft_needs_no_template(self) -> None:
        shown = await preview(subject="Hi {{ name }}", html="<p>{{ unsubscribe_label }}</p>", language="de")
        assert (shown.subject, shown.text) == ("Hi Ada Lovelace", "Abbestellen\n")
        assert await Template.find_all().count() == 0

    async def test_a_draft_of_maximal_size(self) -> None:
        assert len((await preview(text="x" * MAX_SOURCE)).text) == MAX_SOURCE

    async def test_values_are_escaped(self) -> None:
        shown = await preview(html="<p title='{{ name }}'>{{ name }}</p>", values={"name": "'\"><script>alert(1)"})
        assert "<script>" not in (shown.html or "")
        assert "&lt;script&gt;" in (shown.html or "")

    async def test_a_date_may_be_given_as_text(self) -> None:
        shown = await preview(
            text="{{ day|date('%-d %B') }}", variables=["day"], values={"day": "2026-03-03T09:00:00Z"}
        )
        assert shown.text == "3 March"

    @pytest.mark.parametrize(
        ("fields", "field", "reason"),
        [
            ({"text": "{{ days }}", "variables": ["days"]}, "text", "'days' is undefined"),
            ({"html": "<p>{{ nobody }}</p>"}, "html", "unknown variables: nobody"),
            ({"subject": "Hi"}, "html", "A mail needs HTML or text"),
            ({"text": "{{ ''['__class__'] }}"}, "text", "unsafe"),
            ({"text": "{{ 'a'|attr('__class__') }}"}, "text", "attr"),
            ({"text": "{{ 'a' * 10**9 }}"}, "text", "too large|takes numbers"),
            ({"text": "{% for i in range(10**9) %}x{% endfor %}"}, "text", "range makes at most"),
            ({"text": "{{ name.format() }}"}, "text", "not available"),
        ],
    )
    async def test_what_goes_wrong_is_told_by_field_and_reason(
        self, fields: dict[str, Any], field: str, reason: str
    ) -> None:
        with pytest.raises(TemplateProblem, match=reason) as problem:
            await preview(**fields)
        assert problem.value.field == field

    async def test_values_are_bounded(self) -> None:
        with pytest.raises(InvalidInput, match="64,000 bytes"):
            await preview(text="x", values={f"v{number}": "x" * 9_000 for number in range(9)})

    async def test_staff_may_and_nobody_else(self) -> None:
        assert (await preview(await an_actor(Role.VIEWER), text="Hi")).text == "Hi"
        with pytest.raises(Unauthenticated):
            await preview(Actor.anonymous(), text="Hi")
        with pytest.raises(Forbidden):
            await preview(backend_of(APP), text="Hi")

    async def test_a_template_of_another_app_does_not_exist(self) -> None:
        await an_app("other")
        template = await a_template("other")
        with pytest.raises(NotFound, match="Template not found"):
            await preview(templateId=str(template.id))


class TestTestSend:
    async def test_a_trial_is_left_to_the_workers_with_its_samples(self) -> None:
        template = await a_template(APP, variables=VARIABLES, isActive=False, language="de")
        delivery = await tried(template, await an_actor(Role.MARKETING), name="Ada", values={"shops": ["Tea"]})
        assert (delivery.kind, delivery.category) == (DeliveryKind.TEST, ConsentCategory.TRANSACTIONAL)
        assert (delivery.email, delivery.name, delivery.language) == ("Ada@example.com", "Ada", "de")
        assert (delivery.content, delivery.status) == (f"template-id:{template.id}", DeliveryStatus.QUEUED)
        assert delivery.values == {"plan": "Pro", "shops": ["Tea"]}
        assert [job.payload for job in await EmailJob.find_all().to_list()] == [{"deliveryId": str(delivery.id)}]
        message = await message_for(delivery, await App.get(APP))
        assert "your plan is Pro" in message.body.text

    async def test_each_trial_is_sent(self) -> None:
        template, contact = await a_template(APP), await a_contact("ada@example.com")
        first, second = await tried(template), await tried(template)
        assert first.id != second.id
        assert first.contact_id == second.contact_id == contact.id

    async def test_what_would_not_render_is_told_before_anything_is_sent(self) -> None:
        template = await a_template(APP, text="{{ days }}", variables=["days", "plan"], html=None)
        with pytest.raises(TemplateProblem, match="'days' is undefined"):
            await tried(template)
        assert await Delivery.find_all().count() == 0

    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
    async def test_only_marketing_and_admins_send(self, role: Role) -> None:
        with pytest.raises(Forbidden):
            await tried(await a_template(APP), await an_actor(role))

    async def test_an_unknown_template_is_not_found(self) -> None:
        await an_app("other")
        with pytest.raises(NotFound, match="Template not found"):
            await tried(await a_template("other"))
