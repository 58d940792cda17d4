"""A person's own copy of their data, over REST: a page and a file."""

import json
from datetime import timedelta
from typing import Final

import pytest
from httpx import AsyncClient

from core import clock
from core.runtime import Runtime
from models.data_exports import DataExport
from resolvers.data_exports import DataExportCreate, create_data_export, revoke_data_export
from resolvers.gdpr import gather
from rest_compat.personal_data import streamed
from tests.factories.contacts import SYSTEM, a_contact
from tests.factories.mail import a_delivery

BOTH = pytest.mark.parametrize("path", ["", "/download"])
NO_LINK: Final = "/data-export/nonsense"


async def a_link(language: str | None = None) -> str:
    """The path of the page."""
    contact = await a_contact(f"ada-{language}@example.com", name="Ada")
    await a_delivery(contact)
    issued = await create_data_export(
        SYSTEM, DataExportCreate.model_validate({"contactId": str(contact.id), "language": language})
    )
    return issued.url.removeprefix("http://127.0.0.1:8000")


async def test_the_page_is_for_the_person_alone(client: AsyncClient) -> None:
    page = await client.get(await a_link("es"))
    assert page.status_code == 200
    assert "ada-es@example.com" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("language", "browser", "title"),
    [("de", "fr", "Ihre Daten"), (None, "fr", "Vos données"), (None, "ja", "Your data"), ("ja", "pt", "Os seus dados")],
)
async def test_the_page_is_in_the_persons_language_or_else_the_browsers(
    client: AsyncClient, language: str | None, browser: str, title: str
) -> None:
    page = await client.get(await a_link(language), headers={"Accept-Language": browser})
    assert f"<h1>{title}</h1>" in page.text


async def test_the_file_has_everything(client: AsyncClient) -> None:
    link = await a_link()
    assert f'href="{link}/download"' in (await client.get(link)).text
    file = await client.get(f"{link}/download")
    assert file.headers["content-disposition"] == f'attachment; filename="data-export-{clock.now():%Y-%m-%d}.json"'
    assert (file.headers["content-type"], file.headers["cache-control"]) == ("application/json", "no-store")
    data = file.json()
    assert (data["email"], data["collections"]["contacts"][0]["name"]) == ("ada-None@example.com", "Ada")
    assert len(data["collections"]["deliveries"]) == 1


async def test_a_large_file_is_written_while_it_is_read(platform: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_compat.personal_data.PIECE", 100)
    contact = await a_contact()
    for _ in range(5):
        await a_delivery(contact)
    pieces = [piece async for piece in streamed(await gather(contact))]
    assert len(pieces) > 5
    assert len(json.loads(b"".join(pieces))["collections"]["deliveries"]) == 5


async def test_each_opening_is_recorded(client: AsyncClient) -> None:
    link = await a_link()
    for path in ("", "/download"):
        await client.get(link + path, headers={"User-Agent": "Firefox"})
    (kept,) = await DataExport.find_all().to_list()
    assert [(view.access, view.user_agent) for view in kept.views] == [("viewed", "Firefox"), ("downloaded", "Firefox")]


async def test_what_others_append_to_a_link_does_no_harm(client: AsyncClient) -> None:
    assert (await client.get(f"{await a_link()}?utm_source=mail&fbclid=1")).status_code == 200


@BOTH
async def test_an_unknown_link_is_a_404_in_words(client: AsyncClient, path: str) -> None:
    page = await client.get(NO_LINK + path, headers={"Accept-Language": "de"})
    assert page.status_code == 404
    assert "Dieser Link funktioniert nicht" in page.text
    assert "nonsense" not in page.text


@BOTH
async def test_an_expired_link_is_a_410_in_words(client: AsyncClient, path: str) -> None:
    link = await a_link("fr")
    with clock.shifted(timedelta(days=8)):
        page = await client.get(link + path)
    assert page.status_code == 410
    assert "Ce lien a expiré" in page.text


@BOTH
async def test_a_link_that_was_withdrawn_is_a_410_in_words(client: AsyncClient, path: str) -> None:
    link = await a_link()
    (kept,) = await DataExport.find_all().to_list()
    await revoke_data_export(SYSTEM, str(kept.id))
    page = await client.get(link + path)
    assert page.status_code == 410
    assert "This link was withdrawn" in page.text
