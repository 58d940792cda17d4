"""A merchant's day: signing in by a link, a ticket with a screenshot, a wish; what support answers, what Slack hears,
and what the dashboards show. Over real HTTP, with mail read from the Maildir and Slack received by a server of ours."""

import json
import re
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.factories.attachments import PNG
from tests.stories.platform import OWNER, PASSWORD, Platform, graphql, ok, served, until

APP, OTHER = "banners-all-over", "reviews-all-over"
SHOP, SECOND_SHOP = "tea-and-cakes.myshopify.com", "bikes.myshopify.com"
MERCHANT, SECOND_MERCHANT = "ada@tea.example", "grace@bikes.example"
PORTAL: Final = "https://help.banners.example"
PRICE: Final = 40
SCOPES: Final = ["EVENTS_WRITE", "MAGIC_LINKS_WRITE", "TICKETS_READ", "TICKETS_WRITE", "WANTS_READ", "WANTS_WRITE"]
KEY_CREATE: Final = """mutation($input: ApiKeyCreateInput!) {
    apiKeyCreate(input: $input) { secret userErrors { message } } }"""


class Slack(ThreadingHTTPServer):
    """Takes what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.texts: list[str] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Taking(BaseHTTPRequestHandler):
    server: Slack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.texts.append(json.loads(body)["text"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    with Slack() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("merchants-day") / "data"


@pytest.fixture(scope="module")
def platform(folder: Path, slack: Slack) -> Iterator[Platform]:
    configured = {"SLACK_ORIGINS": f"https://hooks.slack.com,{slack.origin}"}
    with served(folder, configured=configured, module="tests.stories.hurried_server") as running:
        yield running


def mail_to(folder: Path, address: str, words: str) -> EmailMessage:
    """The mail to that address whose subject or text has the words, when it has come."""

    def found() -> EmailMessage | None:
        for file in (folder / "mail" / "new").glob("*"):
            message = message_from_bytes(file.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            if address in message["To"] and words in f"{message['Subject']}\n{text_of(message)}":
                return message
        return None

    return until(found)  # type: ignore[no-any-return]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def heard(slack: Slack, *words: str) -> str:
    """The message that has all the words, when it has come."""
    return str(until(lambda: next((text for text in slack.texts if all(word in text for word in words)), None)))


def test_the_story_of_a_merchants_day(platform: Platform, folder: Path, slack: Slack) -> None:
    with platform.client() as anybody:
        token = ok(anybody.post("/auth/login", json={"email": OWNER, "password": PASSWORD}))["token"]
    with platform.client(Authorization=f"Bearer {token}") as staff, platform.client() as people:
        keys = _a_company(staff, slack)
        with platform.client(**{"X-API-Key": keys[APP]}) as backend:
            _two_shops_install(backend, slack)
            session = _the_merchant_signs_in(backend, people, folder)
            _a_link_works_once_and_in_its_app(people, session)
            with platform.client(Authorization=f"Bearer {session['token']}") as merchant:
                ticket = _they_write_a_ticket_with_a_screenshot(merchant, folder, slack)
                want = _they_ask_for_a_feature(merchant, staff, slack)
                _another_merchant_votes(backend, want)
                _support_answers(staff, ticket)
                _the_merchant_reads_the_answer(merchant, folder, ticket)
                _nobody_else_reads_the_ticket(platform, keys, ticket)
        _dashboards_show_it(staff, want)


def _a_company(staff: httpx.Client, slack: Slack) -> dict[str, str]:
    """Two apps, one of which has a plan and tells Slack its news. Returns a key of each."""
    create = "mutation($input: AppCreateInput!) { appCreate(input: $input) { userErrors { message } } }"
    for app_id, name in ((APP, "Banners All Over"), (OTHER, "Reviews All Over")):
        app = {"id": app_id, "name": name, "allowedOrigins": [PORTAL]}
        assert graphql(staff, create, input=app)["appCreate"]["userErrors"] == []
    plan = {"id": "pro", "name": "Pro", "price": PRICE, "interval": "EVERY_30_DAYS"}
    ok(staff.post(f"/{APP}/plans", json=plan))
    for topic in ("installs", "tickets", "wants"):
        rule = {"appId": APP, "topic": topic, "channel": "#support", "webhookUrl": f"{slack.origin}/services/T/B/x"}
        ok(staff.post("/admin/slack-routing", json=rule))
    keys = {}
    for app_id in (APP, OTHER):
        key = {"appId": app_id, "name": "Backend", "scopes": SCOPES}
        keys[app_id] = graphql(staff, KEY_CREATE, input=key)["apiKeyCreate"]["secret"]
    return keys


def _two_shops_install(backend: httpx.Client, slack: Slack) -> None:
    for domain, email in ((SHOP, MERCHANT), (SECOND_SHOP, SECOND_MERCHANT)):
        data = {"name": domain.partition(".")[0], "email": email, "plan": "pro", "country": "GB"}
        ok(backend.post(f"/{APP}/events/app-installed", json={"shopDomain": domain, "data": data}))
    heard(slack, SHOP)


def _the_merchant_signs_in(backend: httpx.Client, people: httpx.Client, folder: Path) -> dict[str, str]:
    asked = {"email": MERCHANT, "redirectUrl": f"{PORTAL}/signed-in", "shopDomain": SHOP}
    answer = backend.post(f"/{APP}/magic-link/request", json=asked)
    assert (answer.status_code, answer.json()) == (202, {"success": True})
    text = text_of(mail_to(folder, MERCHANT, "magic-link/"))
    found = re.search(rf"http\S+/{APP}/magic-link/([\w-]+)", text)
    assert found is not None, text
    path = f"/{APP}/magic-link/{found[1]}"
    for _ in range(3):
        page = people.get(path)
        assert (page.status_code, "<form" in page.text, "<script" in page.text) == (200, True, False)
    arrived = people.post(path)
    assert arrived.status_code == httpx.codes.SEE_OTHER
    address, _, token = arrived.headers["location"].partition("#token=")
    assert address == f"{PORTAL}/signed-in"
    return {"path": path, "token": token}


def _a_link_works_once_and_in_its_app(people: httpx.Client, session: dict[str, str]) -> None:
    assert people.post(session["path"]).status_code == httpx.codes.GONE
    signed_in = {"Authorization": f"Bearer {session['token']}"}
    assert people.get(f"/{OTHER}/tickets", headers=signed_in).status_code == httpx.codes.NOT_FOUND
    assert people.get(f"/{APP}/shops", headers=signed_in).status_code == httpx.codes.FORBIDDEN


def _they_write_a_ticket_with_a_screenshot(merchant: httpx.Client, folder: Path, slack: Slack) -> dict[str, Any]:
    fields = {"subject": "The banner is gone", "message": "Since this morning.\nSee the picture.", "topic": "bug"}
    files = [("attachments", ("../../shop window.png", PNG, "text/html"))]
    ticket: dict[str, Any] = ok(merchant.post(f"/{APP}/tickets", data=fields, files=files))["data"]
    attachment = ticket["attachments"][0]
    assert (ticket["email"], ticket["status"]) == (MERCHANT, "new")
    assert (attachment["filename"], attachment["mimetype"]) == ("shop window.png", "image/png")
    heard(slack, "The banner is gone")
    assert ticket["reference"] in text_of(mail_to(folder, MERCHANT, "The banner is gone"))
    return ticket


def _they_ask_for_a_feature(merchant: httpx.Client, staff: httpx.Client, slack: Slack) -> str:
    asked = {"title": "Banners for each country", "description": "One for GB, one for FR.", "vote": True}
    want = ok(merchant.post(f"/{APP}/wants", json=asked))["data"]
    assert (want["status"], want["voteCount"], want["hasVoted"], want["authorEmail"]) == ("pending", 1, True, MERCHANT)
    heard(slack, "Banners for each country")
    reviewed = staff.patch(f"/admin/{APP}/wants/{want['_id']}/status", json={"status": "planned"})
    assert ok(reviewed)["data"]["status"] == "planned"
    return str(want["_id"])


def _another_merchant_votes(backend: httpx.Client, want: str) -> None:
    vote = {"voterEmail": SECOND_MERCHANT, "shopDomain": SECOND_SHOP}
    counted = ok(backend.post(f"/{APP}/wants/{want}/vote", json=vote))["data"]
    assert counted == {"voteCount": 2, "hasVoted": True}
    shown = ok(backend.get(f"/{APP}/wants/{want}", params=vote))["data"]
    assert (shown["voteCount"], shown["authorEmail"]) == (2, "")


def _support_answers(staff: httpx.Client, ticket: dict[str, Any]) -> None:
    """After a look at the picture and a note among colleagues."""
    attachment = ticket["attachments"][0]
    picture = staff.get(f"/{APP}/attachments/{attachment['key']}")
    assert picture.content == PNG
    assert picture.headers["content-disposition"].startswith("attachment")
    messages = f"/{APP}/tickets/{ticket['_id']}/messages"
    ok(staff.post(messages, json={"content": "They never pay on time", "isInternal": True}))
    ok(staff.post(messages, json={"content": "It is back: please reload.", "status": "resolved"}))


def _the_merchant_reads_the_answer(merchant: httpx.Client, folder: Path, ticket: dict[str, Any]) -> None:
    answer = mail_to(folder, MERCHANT, "It is back: please reload.")
    assert "They never pay" not in text_of(answer)
    shown = ok(merchant.get(f"/{APP}/tickets/{ticket['_id']}/messages"))["data"]
    assert [(one["isCustomer"], one["content"].splitlines()[0]) for one in shown] == [
        (True, "Since this morning."),
        (False, "It is back: please reload."),
    ]
    assert ok(merchant.get(f"/{APP}/tickets/{ticket['_id']}"))["data"]["status"] == "resolved"


def _nobody_else_reads_the_ticket(platform: Platform, keys: dict[str, str], ticket: dict[str, Any]) -> None:
    paths = [f"/{app}/tickets/{ticket['_id']}" for app in (APP, OTHER)]
    paths += [f"/{APP}/attachments/{ticket['attachments'][0]['key']}"]
    with platform.client(**{"X-API-Key": keys[OTHER]}) as other:
        assert {other.get(path).status_code for path in paths} == {httpx.codes.NOT_FOUND}
    with platform.client() as stranger:
        assert {stranger.get(path).status_code for path in paths} == {httpx.codes.UNAUTHORIZED}


def _dashboards_show_it(staff: httpx.Client, want: str) -> None:
    """Of the app, and of all apps."""
    stats = ok(staff.get(f"/{APP}/tickets/stats"))["data"]
    assert (stats["total"], stats["byStatus"]["resolved"], stats["byTopic"]["bug"]) == (1, 1, 1)
    shops = until(lambda: _with_two_shops(ok(staff.get(f"/{APP}/metrics/dashboard"))["data"]["shops"]))
    assert (shops["active"], shops["newToday"], shops["byPlan"]) == (2, 2, {"pro": 2})
    everything = ok(staff.get("/metrics/aggregate/dashboard"))["data"]
    assert everything["aggregate"]["shops"]["total"] == 2
    assert {one["appId"]: one["shops"]["total"] for one in everything["byApp"]} == {APP: 2, OTHER: 0}
    query = "query($app: ID!, $id: ID!) { want(appId: $app, id: $id) { revenueAtStake { amount currencyCode } } }"
    at_stake = until(lambda: graphql(staff, query, app=APP, id=want)["want"]["revenueAtStake"])
    assert [(float(one["amount"]), one["currencyCode"]) for one in at_stake] == [(2 * PRICE, "USD")]


def _with_two_shops(shops: dict[str, Any]) -> dict[str, Any] | None:
    return shops if shops["total"] == 2 else None
