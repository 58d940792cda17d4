"""The pixel and the links of mails, over REST."""

from collections.abc import Mapping
from typing import Final

import pytest
from httpx import AsyncClient, Response

from models.deliveries import Delivery
from models.email_events import EmailEvent
from resolvers import tracking
from resolvers.tracking import links_for
from rest_compat.tracking import GIF
from tests.factories.contacts import a_contact
from tests.factories.mail import a_campaign, a_delivery

NEWS: Final = "https://banners.example.com/news"


async def a_mail() -> Delivery:
    return await a_delivery(await a_contact(), await a_campaign("banners", links=[NEWS]))


def path(address: str) -> str:
    return "/t/" + address.partition("/t/")[2]


def is_the_pixel(answer: Response) -> bool:
    headers = answer.headers
    return (
        (answer.status_code, answer.content, len(GIF)) == (200, GIF, 43)
        and (headers["content-type"], headers["content-length"]) == ("image/gif", "43")
        and "no-store" in headers["cache-control"]
    )


async def test_the_pixel_is_a_gif_that_is_asked_for_again(client: AsyncClient) -> None:
    address = path(links_for((await a_mail()).id, 0)[1])
    for form in (address, address + "/", address + "?utm_source=news"):
        answer = await client.get(form)
        assert is_the_pixel(answer)
        assert "x-not-recorded" not in answer.headers
    assert await EmailEvent.find({"type": "opened"}).count() == 3


@pytest.mark.parametrize("token", ["bad", "A" * 31, "%00", "a" * 2000])
async def test_the_pixel_is_there_for_a_bad_token_too(client: AsyncClient, token: str) -> None:
    assert is_the_pixel(await client.get(f"/t/o/{token}"))
    assert await EmailEvent.find_all().count() == 0


async def test_a_click_is_led_on(client: AsyncClient) -> None:
    answer = await client.get(path(links_for((await a_mail()).id, 1)[0][0]))
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, NEWS, b"")
    assert "no-store" in answer.headers["cache-control"]
    assert await EmailEvent.find({"type": "clicked", "url": NEWS}).count() == 1


async def test_a_bad_link_is_a_400_that_says_so(client: AsyncClient) -> None:
    answer = await client.get("/t/c/bad")
    assert answer.status_code == 400
    assert answer.json() == {"success": False, "error": "This link is not valid (any more)"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"User-Agent": "Barracuda"}),
    ],
)
async def test_machines_are_told_apart(client: AsyncClient, method: str, headers: Mapping[str, str]) -> None:
    links, opened = links_for((await a_mail()).id, 1)
    for address in (links[0], opened):
        assert (await client.request(method, path(address), headers=headers)).status_code in (200, 302)
    assert {event.is_machine for event in await EmailEvent.find_all().to_list()} == {True}


async def test_who_reads_is_remembered_without_tokens_in_the_log(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    address = path(links_for((await a_mail()).id, 0)[1])
    await client.get(address, headers={"User-Agent": "Thunderbird"})
    (event,) = await EmailEvent.find_all().to_list()
    assert (event.ip, event.user_agent) == ("127.0.0.1", "Thunderbird")
    logged = capsys.readouterr().out
    assert address.rpartition("/")[2] not in logged


async def test_no_credential_is_read_and_no_call_is_counted(client: AsyncClient) -> None:
    address = path(links_for((await a_mail()).id, 0)[1])
    answer = await client.get(address, headers={"Authorization": "Bearer expired", "X-API-Key": "revoked"})
    assert is_the_pixel(answer)


async def test_an_answer_that_is_no_promise_says_so(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "PER_MINUTE", 1)
    links, opened = links_for((await a_mail()).id, 1)
    for address in (links[0], opened):
        first, second = [await client.get(path(address)) for _ in range(2)]
        assert ("x-not-recorded" in first.headers, second.headers["x-not-recorded"]) == (False, "too_many")


async def test_other_methods_are_not_for_them(client: AsyncClient) -> None:
    assert (await client.post("/t/o/bad")).status_code == 405
