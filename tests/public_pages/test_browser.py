"""What pages look like and do in a browser: on a phone and on a desk, in light and in dark."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, Final, Literal

import pytest
from playwright.async_api import Browser, Page, Request, Route
from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as HTTPRoute

from public_pages.data_exports import data_export_page
from public_pages.languages import Language
from public_pages.magic_links import sign_in_page, signed_in
from public_pages.newsletters import unsubscribe_page, unsubscribed_page
from tests.public_pages.test_data_exports import NOW, Rows
from tests.public_pages.test_pages import ACTION, ADDRESS, APP, PAGES
from tests.schema.serving.serving import served

URL: Final = "http://test/link"
PHONE, DESK = (390, 844), (1280, 800)
LOOKS: Final = list(product((PHONE, DESK), ("light", "dark")))
EVERY_LOOK = pytest.mark.parametrize(("size", "scheme"), LOOKS, ids=lambda one: one if isinstance(one, str) else one[0])

LONG: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
A_LOT: Final = [
    Rows(
        "contacts",
        [
            {
                "email": f"{'ada-' * 30}@{'long-' * 8}name.example.com",
                "name": "آدا لوفلايس",
                "consents": {"newsletter": {"state": "opted_in", "at": "2026-01-31T09:05:00Z", "source": "form"}},
            }
        ],
        1,
    ),
    Rows("email_events", [{"type": "clicked", "url": f"https://example.com/{'a' * 300}", "userAgent": LONG}] * 25, 71),
    Rows("app_events", [{"data": {"a": {"b": {"c": {"d": {"e": {"f": "x" * 80}}}}}}}], 1),
    Rows("shops"),
]
CONTRAST: Final = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = channels(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says) continue;
    const pair = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) poor.push([element.textContent.trim(), ratio]);
  }
  return poor;
}"""


class Site:
    """Answers one page, and remembers what else was asked for."""

    def __init__(self, response: HTMLResponse) -> None:
        self.response = response
        self.asked: list[Request] = []
        self.complaints: list[str] = []

    def hear(self, message: str) -> None:
        """A status of 404 or 410 is what the page is meant to have."""
        if "responded with a status of" not in message:
            self.complaints.append(message)

    async def answer(self, route: Route) -> None:
        self.asked.append(route.request)
        headers = dict(self.response.headers)
        await route.fulfill(status=self.response.status_code, headers=headers, body=bytes(self.response.body))


@asynccontextmanager
async def opened(
    browser: Browser, response: HTMLResponse, size: tuple[int, int] = PHONE, scheme: Any = "light"
) -> AsyncIterator[tuple[Page, Site]]:
    site = Site(response)
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    try:
        page = await context.new_page()
        page.on("console", lambda message: site.hear(message.text))
        page.on("pageerror", lambda error: site.hear(str(error)))
        await page.route("**/*", site.answer)
        await page.goto(URL)
        yield page, site
    finally:
        await context.close()


def every_page() -> Iterator[tuple[str, HTMLResponse]]:
    for name, page in PAGES.items():
        yield name, page(Language.DE)
    yield "a lot of data", data_export_page(Language.DE, "a@b.c", NOW, NOW, A_LOT, {}, "/download")


@EVERY_LOOK
async def test_pages_fit_can_be_read_and_keep_to_their_policy(
    chromium: Browser, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    async with opened(chromium, PAGES["confirm"](Language.EN), size, scheme) as (page, site):
        for name, site.response in every_page():
            site.asked.clear()
            await page.goto(URL)
            assert await page.evaluate("document.documentElement.scrollWidth") == size[0], name
            assert await page.evaluate(CONTRAST) == [], name
            assert site.complaints == [], name
            assert [request.url for request in site.asked if not request.url.endswith("favicon.ico")] == [URL], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_style_is_applied_and_follows_the_system(chromium: Browser, scheme: str) -> None:
    async with opened(chromium, unsubscribed_page(Language.EN, "newsletter", APP, ADDRESS), scheme=scheme) as (page, _):
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(246, 247, 251)", "dark": "rgb(16, 20, 29)"}[scheme]


async def test_the_button_is_the_first_stop_of_the_keyboard_and_sends_a_post(chromium: Browser) -> None:
    async with opened(chromium, unsubscribe_page(Language.EN, "newsletter", APP, ADDRESS, ACTION)) as (page, site):
        await page.keyboard.press("Tab")
        focused = page.locator("button:focus-visible")
        assert await focused.inner_text() == "Unsubscribe"
        assert await focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        (sent,) = [request for request in site.asked if request.method == "POST"]
        assert sent.url == "http://test" + ACTION.replace('"', "%22")
        assert not sent.post_data
        assert site.complaints == []


@pytest.mark.parametrize("is_named", [True, False])
async def test_a_button_leads_to_an_app_that_the_policy_names(is_named: bool, chromium: Browser) -> None:
    """Browsers ask the policy of the page about where the answer to its form redirects to. What is in the fragment
    reaches the app's page, and no server."""
    asked: list[str] = []

    async def answer(request: HTTPRequest) -> Response:
        asked.append(str(request.url))
        own = f"http://localhost:{request.url.port}"
        if request.url.path == "/in":
            return HTMLResponse("<p>Welcome</p>")
        if request.method == "POST":
            return signed_in(f"{own}/in#token=secret")
        return sign_in_page(Language.EN, APP, ADDRESS, "/link", own if is_named else None)

    site = Starlette(routes=[HTTPRoute("/{path:path}", answer, methods=["GET", "POST"])])
    async with served(site) as address, await chromium.new_context() as context:
        page = await context.new_page()
        await page.goto(f"http://{address}/link")
        if is_named:
            await page.get_by_role("button").click()
            await page.get_by_text("Welcome").wait_for()
            assert page.url.endswith("/in#token=secret")
        else:
            async with page.expect_console_message(lambda message: "form-action" in message.text):
                await page.get_by_role("button").click()
            assert page.url == f"http://{address}/link"
    assert "secret" not in str(asked)


async def test_the_button_can_be_hit_with_a_thumb(chromium: Browser) -> None:
    async with opened(chromium, unsubscribe_page(Language.EN, "newsletter", APP, ADDRESS, ACTION)) as (page, _):
        box = await page.locator("button").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["width"] > 250


async def test_contents_lead_to_their_sections(chromium: Browser) -> None:
    response = data_export_page(Language.EN, "a@b.c", NOW, NOW, A_LOT, {}, "/download")
    async with opened(chromium, response) as (page, _):
        await page.get_by_role("link", name="What your shops told us").click()
        assert page.url == f"{URL}#app_events"
        assert await page.get_by_role("region", name="What your shops told us").count() == 1
        assert await page.get_by_role("heading", level=2).count() == 1 + len(A_LOT) + 1
