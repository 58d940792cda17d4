"""Received mail, over HTTP."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from mail.inbound.reading import MAX_MAIL
from models.inbound_messages import InboundMessage
from tests.factories.apps import an_app
from tests.factories.inbound import a_mail, from_anybody, from_mailgun, from_postmark, from_sendgrid, received
from tests.factories.people import logged_in
from tests.factories.webhooks import post

MESSAGES = "/admin/inbound/messages"
INBOUND = "/webhooks/inbound"


async def test_the_inbox_is_listed_counted_and_shown(client: AsyncClient) -> None:
    message = await received(a_mail("How do I?\n\n> Hello", html="<p>How <b>do</b> I?</p><script>x</script>"))
    headers = await logged_in(Role.VIEWER)
    listed = (await client.get(f"{MESSAGES}?search=banner&status=unmatched", headers=headers)).json()
    assert [(row["_id"], row["from"], row["newText"]) for row in listed["data"]] == [
        (str(message.id), "ada@tea.example", "How do I?")
    ]
    stats = (await client.get(f"{MESSAGES}/stats", headers=headers)).json()["data"]
    assert (stats["total"], stats["byStatus"]["unmatched"], stats["byClassification"]["question"]) == (1, 1, 1)
    shown = (await client.get(f"{MESSAGES}/{message.id}", headers=headers)).json()["data"]
    assert shown["content"]["text"].startswith("How do I?")
    assert shown["content"]["html"].strip() == "<p>How <b>do</b> I?</p>"


async def test_it_is_for_staff(client: AsyncClient) -> None:
    assert (await client.get(MESSAGES)).status_code == 401
    assert (await client.get(f"{MESSAGES}/stats?appId=nothing", headers=await logged_in())).status_code == 404
    assert (await client.get(f"{MESSAGES}/{'0' * 24}", headers=await logged_in())).status_code == 404


@pytest.mark.parametrize(
    ("path", "post_of"),
    [("postmark", from_postmark), ("mailgun?mime", from_mailgun), ("sendgrid/", from_sendgrid), ("raw", from_anybody)],
)
async def test_services_are_answered(client: AsyncClient, path: str, post_of: object) -> None:
    assert callable(post_of)
    request = post_of(a_mail())
    answers = [await post(client, f"{INBOUND}/{path}", request) for _ in range(2)]
    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (200, "Received"),
        (200, "Received before"),
    ]


async def test_what_is_refused_says_why(client: AsyncClient) -> None:
    unknown = await post(client, f"{INBOUND}/pigeon", from_anybody(a_mail()))
    wrong = await post(client, f"{INBOUND}/raw", from_anybody(a_mail(), secret="wrong"))
    empty = await post(client, f"{INBOUND}/raw", from_anybody(b""))
    assert [unknown.status_code, wrong.status_code, empty.status_code] == [404, 401, 400]
    assert await InboundMessage.count() == 0


async def test_a_mail_that_is_too_large_is_not_read_to_its_end(client: AsyncClient) -> None:
    await an_app()
    fits = b"Subject: Large\n\n" + b"a" * 2_000_000
    assert (await post(client, f"{INBOUND}/raw", from_anybody(fits))).status_code == 200
    pieces = 0

    async def endless() -> object:
        nonlocal pieces
        while True:
            pieces += 1
            yield b"a" * 1_000_000

    headers = dict(from_anybody(b"").headers)
    answer = await client.post(f"{INBOUND}/raw", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, pieces <= MAX_MAIL // 1_000_000 + 2) == (413, True)
