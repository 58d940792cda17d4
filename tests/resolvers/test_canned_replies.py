"""Answers that staff give often."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.access import SUPPORT
from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from core.pages import Page
from mail.templates import TemplateProblem
from models.apps import App
from models.canned_replies import CannedReply
from resolvers.canned_replies import (
    SAMPLES,
    CannedReplyCreate,
    CannedReplyFilter,
    CannedReplyPreview,
    CannedReplySortKey,
    CannedReplyUpdate,
    create_canned_reply,
    delete_canned_reply,
    get_canned_reply,
    list_canned_replies,
    preview_canned_reply,
    render_canned_reply,
    update_canned_reply,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.end_users import an_end_user
from tests.factories.people import a_user, actor_for, an_actor
from tests.factories.shops import a_shop
from tests.factories.tickets import a_ticket

pytestmark = pytest.mark.usefixtures("platform")
HELLO = "Hello {{ customer.first_name or 'there' }},\n\nthank you for writing to {{ app.name }}."


@pytest.fixture
async def app() -> App:
    return await an_app()


async def a_reply(app_id: str, actor: Actor | None = None, **fields: Any) -> CannedReply:
    known = {"title": "A greeting", "shortcut": "hello", "body": HELLO}
    data = CannedReplyCreate.model_validate(known | fields)
    return await create_canned_reply(actor or await an_actor(Role.SUPPORT), app_id, data)


async def listed(app_id: str, **filters: Any) -> list[str]:
    chosen = CannedReplyFilter.model_validate(filters)
    sort = CannedReplySortKey.TITLE.order()
    found = await list_canned_replies(await an_actor(Role.VIEWER), app_id, Page(), chosen, sort)
    return [reply.shortcut for reply in found.items]


class TestKeeping:
    async def test_they_are_listed_and_found(self, app: App) -> None:
        await a_reply(app.id, title="Zebra", shortcut="z", topic="bug")
        await a_reply(app.id, title="apple", shortcut="a", isActive=False)
        await a_reply((await an_app()).id)
        assert await listed(app.id) == ["a", "z"]
        assert await listed(app.id, topic="bug") == await listed(app.id, isActive=True) == ["z"]
        assert await listed(app.id, search="ZEB") == ["z"]
        assert await listed(app.id, search="thank you") == ["a", "z"]

    async def test_what_is_sent_is_changed(self, app: App) -> None:
        reply, admin = await a_reply(app.id), await an_actor(Role.ADMIN)
        data = CannedReplyUpdate.model_validate({"title": "Hi", "topic": "bug"})
        after = await update_canned_reply(admin, str(reply.id), data)
        assert (after.title, after.topic, after.body, after.updated_by) == ("Hi", "bug", reply.body, admin.label)
        assert await listed(app.id, search="hi") == ["hello"]
        cleared = CannedReplyUpdate.model_validate({"topic": None})
        assert (await update_canned_reply(admin, str(reply.id), cleared)).topic is None

    async def test_a_shortcut_is_unique_within_the_app(self, app: App) -> None:
        first = await a_reply(app.id)
        await a_reply((await an_app()).id)
        with pytest.raises(Conflict, match="has a canned reply hello already") as refused:
            await a_reply(app.id)
        assert refused.value.field == "shortcut"
        second = await a_reply(app.id, shortcut="bye")
        with pytest.raises(Conflict):
            await update_canned_reply(
                await an_actor(), str(second.id), CannedReplyUpdate.model_validate({"shortcut": first.shortcut})
            )

    async def test_deleting_twice_is_not_found(self, app: App) -> None:
        reply, support = await a_reply(app.id), await an_actor(Role.SUPPORT)
        await delete_canned_reply(support, str(reply.id))
        with pytest.raises(NotFound):
            await delete_canned_reply(support, str(reply.id))

    async def test_support_keeps_them_and_all_staff_read(self, app: App) -> None:
        reply = await a_reply(app.id)
        others = [await an_actor(role) for role in set(Role) - SUPPORT]
        for actor in (*others, backend_of(app.id), an_end_user(app.id)):
            with pytest.raises(Forbidden):
                await a_reply(app.id, actor, shortcut="mine")
        for actor in others:
            assert (await get_canned_reply(actor, str(reply.id))).id == reply.id
        with pytest.raises(Forbidden):
            await get_canned_reply(backend_of(app.id), str(reply.id))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("shortcut", "Two Words"),
            ("body", ""),
            ("body", "x" * 10_001),
            ("topic", "tea"),
            ("appId", "x"),
        ],
    )
    def test_what_is_not_valid_is_refused(self, field: str, value: Any) -> None:
        with pytest.raises(ValidationError):
            CannedReplyCreate.model_validate({"title": "T", "shortcut": "t", "body": "B", field: value})


class TestFillingIn:
    async def test_it_says_what_is_known_of_the_ticket(self, app: App) -> None:
        names = [f"{{{{ {name}.{field} }}}}" for name, fields in SAMPLES.items() for field in fields]
        reply, user = await a_reply(app.id, body="|".join(names)), await a_user(Role.SUPPORT)
        shop = await a_shop(app.id, name="Tea & Cakes")
        ticket = await a_ticket(app.id, name="Ada Lovelace", subject="<b>Hi</b>", shop_domain=shop.domain)
        text = await render_canned_reply(actor_for(user), str(reply.id), str(ticket.id))
        assert text.split("|") == [
            ticket.reference, "<b>Hi</b>", "other", "medium", "Ada Lovelace", "Ada", ticket.email,
            user.name, user.first_name, app.name, "Tea & Cakes", shop.domain,
        ]  # fmt: skip

    async def test_what_is_not_known_is_empty_and_can_be_replaced(self, app: App) -> None:
        ticket = await a_ticket(app.id, name="")
        reply = await a_reply(app.id, body="Hello {{ customer.first_name or 'there' }}{{ shop.name }}")
        assert await render_canned_reply(await an_actor(), str(reply.id), str(ticket.id)) == "Hello there"

    async def test_a_preview_has_samples_or_the_facts_of_a_ticket(self, app: App) -> None:
        viewer, ticket = await an_actor(Role.VIEWER), await a_ticket(app.id, name="Bob")
        body = {"body": "Hello {{ customer.first_name }}"}
        sample = await preview_canned_reply(viewer, app.id, CannedReplyPreview.model_validate(body))
        with_ticket = CannedReplyPreview.model_validate(body | {"ticketId": str(ticket.id)})
        assert (sample, await preview_canned_reply(viewer, app.id, with_ticket)) == ("Hello Ada", "Hello Bob")

    async def test_another_apps_ticket_is_not_there(self, app: App) -> None:
        reply, ticket = await a_reply(app.id), await a_ticket((await an_app()).id)
        with pytest.raises(NotFound):
            await render_canned_reply(await an_actor(), str(reply.id), str(ticket.id))
        data = CannedReplyPreview.model_validate({"body": "Hi", "ticketId": str(ticket.id)})
        with pytest.raises(NotFound):
            await preview_canned_reply(await an_actor(), app.id, data)

    async def test_what_customers_wrote_is_not_run(self, app: App) -> None:
        reply = await a_reply(app.id, body="About {{ ticket.subject }}")
        ticket = await a_ticket(app.id, subject="{{ 7 * 7 }} {% for %}")
        assert (
            await render_canned_reply(await an_actor(), str(reply.id), str(ticket.id)) == "About {{ 7 * 7 }} {% for %}"
        )

    @pytest.mark.parametrize(
        "body",
        [
            "{{ customer.nickname }}",
            "{{ secret }}",
            "{% if %}",
            "Hello {{",
            "{{ customer.__class__ }}",
            "{{ 'a' * 10 ** 9 }}",
            "{{ customer }}",
            "{% for n in range(1000) %}{{ ticket.subject }}{% endfor %}",
        ],
    )
    async def test_one_that_can_t_be_filled_in_is_refused_with_the_reason(self, app: App, body: str) -> None:
        with pytest.raises((TemplateProblem, InvalidInput)) as refused:
            await a_reply(app.id, body=body)
        assert refused.value.field == "body"
        reply = await a_reply(app.id)
        with pytest.raises(InvalidInput):
            await update_canned_reply(await an_actor(), str(reply.id), CannedReplyUpdate.model_validate({"body": body}))
