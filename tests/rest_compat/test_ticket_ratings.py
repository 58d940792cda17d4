"""The page on which customers say how content they are."""

import re

import pytest
from httpx import AsyncClient

from core.runtime import runtime
from mail.links import RatingTokens
from models.tickets import Ticket, TicketStatus
from tests.factories.apps import an_app
from tests.factories.tickets import a_ticket, kept


@pytest.fixture
async def ticket(client: AsyncClient) -> Ticket:
    app = await an_app("banners", name="Banners & <Co>")
    return await a_ticket(app.id, status=TicketStatus.RESOLVED, language="de")


@pytest.fixture
def path(ticket: Ticket) -> str:
    return f"/banners/tickets/rate/{RatingTokens(runtime().settings.keys('ticket_rating')).issue(ticket.id)}"


async def test_looking_at_it_asks_in_the_customers_language_and_changes_nothing(
    client: AsyncClient, ticket: Ticket, path: str
) -> None:
    page = await client.get(path, headers={"Accept-Language": "fr"})
    assert (page.status_code, page.headers["content-language"]) == (200, "de")
    assert "Wie war unsere Hilfe?" in page.text
    assert "Banners &amp; &lt;Co&gt;" in page.text
    assert page.text.count('type="radio"') == 5
    assert f'action="{path}"' in page.text
    assert (await kept(ticket)).rating is None


async def test_the_form_says_how_content_they_are_and_shows_it_again(
    client: AsyncClient, ticket: Ticket, path: str
) -> None:
    said = await client.post(path, data={"score": "2", "comment": "<b>Slow</b>\r\nbut kind"})
    assert (said.status_code, "Danke" in said.text) == (200, True)
    rated = (await kept(ticket)).rating
    assert rated is not None
    assert (rated.score, rated.comment) == (2, "<b>Slow</b>\nbut kind")
    again = (await client.get(path)).text
    assert re.search(r'value="2" required checked', again)
    assert "&lt;b&gt;Slow&lt;/b&gt;" in again


@pytest.mark.parametrize("form", [{}, {"score": ""}, {"score": "6"}, {"score": "five", "comment": "x"}])
async def test_without_a_score_it_asks_again(
    client: AsyncClient, ticket: Ticket, path: str, form: dict[str, str]
) -> None:
    answer = await client.post(path, data=form)
    assert (answer.status_code, "Bitte wählen Sie" in answer.text) == (400, True)
    assert (await kept(ticket)).rating is None


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_any_other_link_leads_nowhere(client: AsyncClient, ticket: Ticket, path: str, method: str) -> None:
    await an_app("other")
    for wrong in ("/banners/tickets/rate/x", path[:-1], path.replace("/banners/", "/other/")):
        answer = await client.request(method, wrong)
        assert (answer.status_code, "text/html" in answer.headers["content-type"]) == (404, True)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/json", b'{"score": 5}'),
        ("multipart/form-data; boundary=x", b"--y\r\nnonsense"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded", b"score=5&" + b"a=1&" * 100),
        ("application/x-www-form-urlencoded", b"\xff=%ff&score"),
    ],
)
async def test_what_is_no_form_is_a_400(
    client: AsyncClient, ticket: Ticket, path: str, media_type: str, content: bytes
) -> None:
    answer = await client.post(path, content=content, headers={"Content-Type": media_type})
    assert answer.status_code in (200, 400)
    assert ((await kept(ticket)).rating is None) == (answer.status_code == 400)
