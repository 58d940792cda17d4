"""A newsletter, from a file of subscribers to its analytics: over real HTTP, and to a real mail server."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Final

import httpx
import pytest

from tests.factories.webhooks import COLD_SECRETS, RESEND_SECRETS, signed_by_cold_provider, signed_by_resend
from tests.stories.mail_server import Mailbox, mail_server
from tests.stories.platform import OWNER, PASSWORD, PATIENCE_SECONDS, Platform, graphql, ok, served, until

APP, OTHER = "banners-all-over", "reviews-all-over"
READERS, BROKEN, SUPPRESSED, WITHOUT_CONSENT = 2000, 40, 100, 50
SENT: Final = READERS - SUPPRESSED - WITHOUT_CONSENT
OPENERS, CLICKERS, BOUNCES, COMPLAINTS = 60, 25, 10, 5
BROWSER: Final = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

WEATHER, STOCK = "https://banners.example.com/weather?from=mail&v=2", "https://banners.example.com/stock"
HTML: Final = (
    "<html><head><style>p { color: #333 }</style></head><body><p>Hello {{ name }}</p>"
    f'<p><a href="{WEATHER.replace("&", "&amp;")}">Weather</a> and <a href="{STOCK}">stock</a></p>'
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>'
)
APP_CREATE = "mutation($input: AppCreateInput!) { appCreate(input: $input) { app { id } userErrors { message } } }"
SUPPRESS = "mutation($input: SuppressionCreateInput!) { suppressionAdd(input: $input) { userErrors { message } } }"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as served_mail:
        yield served_mail


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, mailbox: tuple[Mailbox, int]) -> Iterator[Platform]:
    configured = {
        "MAIL_PROVIDER": "smtp",
        "MAIL_FROM": "news@banners.example.com",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox[1]),
        "SMTP_TLS": "none",
        "RESEND_WEBHOOK_SECRETS": ",".join(RESEND_SECRETS),
        "COLD_PROVIDER_SECRETS": ",".join(COLD_SECRETS),
    }
    with served(tmp_path_factory.mktemp("campaign") / "data", configured=configured) as running:
        yield running


def reader(number: int) -> str:
    return f"reader-{number}@example.com"


def file_of_subscribers() -> bytes:
    """The last people in it have given no consent; some rows are broken."""
    rows = ["email;name;language;consent"]
    rows += [
        f"{reader(number)};Reader {number};en;{'yes' if number < READERS - WITHOUT_CONSENT else ''}"
        for number in range(READERS)
    ]
    rows += [f"broken-{number};Nobody;en;yes" for number in range(BROKEN)]
    return "\n".join(rows).encode()


def test_the_story_of_a_campaign(platform: Platform, mailbox: tuple[Mailbox, int]) -> None:
    box, _ = mailbox
    with platform.client() as anybody:
        token = ok(anybody.post("/auth/login", json={"email": OWNER, "password": PASSWORD}))["token"]
    with platform.client(Authorization=f"Bearer {token}") as owner, platform.client(**BROWSER) as people:
        _two_apps_with_the_same_readers(owner)
        _some_are_suppressed(owner)
        campaign = _a_campaign(owner, APP)
        _is_sent_once(owner, campaign)
        _every_reader_got_one_mail(owner, box, campaign)
        _people_open_and_click(people, box)
        _providers_report(people, box)
        _analytics_equal_a_recount(owner, campaign)
        _one_click_unsubscribes(people, box)
        _nobody_gets_what_they_should_not(owner, box)


def _two_apps_with_the_same_readers(owner: httpx.Client) -> None:
    for app in (APP, OTHER):
        assert graphql(owner, APP_CREATE, input={"id": app, "name": app})["appCreate"]["userErrors"] == []
    path = f"/admin/{APP}/newsletter/subscribers"
    taken_in = ok(
        owner.post(f"{path}/import", content=file_of_subscribers(), headers={"Content-Type": "text/csv"}, timeout=60)
    )["data"]
    assert (taken_in["imported"], taken_in["skipped"]) == (READERS, BROKEN)
    assert {error["email"] for error in taken_in["errors"]} == {f"broken-{number}" for number in range(BROKEN)}
    stats = ok(owner.get(f"{path}/stats"))["data"]
    assert (stats["total"], stats["active"], stats["bySource"]) == (READERS, READERS, {"import": READERS})
    few = "\n".join(["email,consent", *(f"{reader(number)},yes" for number in range(200, 260))]).encode()
    ok(owner.post(f"/admin/{OTHER}/newsletter/subscribers/import", content=few, headers={"Content-Type": "text/csv"}))


def _some_are_suppressed(owner: httpx.Client) -> None:
    for number in range(SUPPRESSED):
        answer = graphql(owner, SUPPRESS, input={"email": reader(number).upper(), "note": "Asked by phone"})
        assert answer["suppressionAdd"]["userErrors"] == []


def _a_campaign(owner: httpx.Client, app: str) -> str:
    content = {"name": "Spring", "subject": "News for {{ name }}", "htmlContent": HTML}
    created = ok(owner.post(f"/admin/{app}/newsletter/campaigns", json=content))["data"]
    assert (created["status"], created["stats"]["total"]) == ("draft", 0)
    return str(created["_id"])


def _is_sent_once(owner: httpx.Client, campaign: str) -> None:
    path = f"/admin/{APP}/newsletter/campaigns/{campaign}"
    queued = ok(owner.post(f"{path}/send"))["data"]
    assert (queued["status"], len(queued["jobId"])) == ("queued", 24)
    again = owner.post(f"{path}/send")
    assert (again.status_code, again.json()["success"]) == (400, False)
    until(lambda: ok(owner.get(path))["data"]["status"] == "sent")


def _every_reader_got_one_mail(owner: httpx.Client, box: Mailbox, campaign: str) -> None:
    stats = ok(owner.get(f"/admin/{APP}/newsletter/campaigns/{campaign}"))["data"]["stats"]
    parts = ("sent", "failed", "suppressed", "uncertain")
    assert sum(stats[part] for part in parts) == stats["total"] == READERS
    assert (stats["sent"], stats["suppressed"]) == (SENT, SUPPRESSED + WITHOUT_CONSENT)
    wanted = [reader(number) for number in range(SUPPRESSED, READERS - WITHOUT_CONSENT)]
    assert box.recipients == Counter(wanted)
    message = box.of(reader(200))
    assert message["Subject"] == "News for Reader 200"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {part.get_content_type() for part in message.iter_parts()} == {"text/plain", "text/html"}


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def path_of(url: str) -> str:
    return httpx.URL(url).raw_path.decode()


def links_in(message: EmailMessage) -> list[str]:
    return [path_of(url) for url in re.findall(r'href="([^"]*/t/c/[^"]*)"', html_of(message))]


def _people_open_and_click(people: httpx.Client, box: Mailbox) -> None:
    time.sleep(1.1)  # who clicks within a second of delivery is a machine
    for number in range(300, 300 + OPENERS):
        (pixel,) = set(re.findall(r'(http[^")]*/t/o/[^")]*)', html_of(box.of(reader(number)))))
        for _ in range(2):
            assert people.get(path_of(pixel)).headers["content-type"] == "image/gif"
    for number in range(300, 300 + CLICKERS):
        first, second = links_in(box.of(reader(number)))
        assert people.get(first).headers["location"] == WEATHER
        assert people.get(second).headers["location"] == STOCK
    forged = links_in(box.of(reader(300)))[0][:-1] + "!"
    assert people.get(forged).status_code == 400


def _providers_report(people: httpx.Client, box: Mailbox) -> None:
    for number in range(200, 200 + BOUNCES):
        name = str(box.of(reader(number))["Message-ID"])
        bounce = {"type": "Permanent", "subType": "NoEmail", "message": "550 5.1.1 No such user"}
        body = httpx.Request("POST", "/", json=_resend_event("email.bounced", name, bounce=bounce)).content
        headers = signed_by_resend(body) | {"Content-Type": "application/json"}
        for processed in (True, False):
            answer = ok(people.post("/webhooks/resend", content=body, headers=headers))
            assert answer["processed"] is processed
        assert people.post("/webhooks/resend", content=body + b" ", headers=headers).status_code == 401
    for number in range(220, 220 + COMPLAINTS):
        name = str(box.of(reader(number))["Message-ID"])
        body = httpx.Request("POST", "/", json=_cold_event("complained", name, number)).content
        headers = signed_by_cold_provider(body) | {"Content-Type": "application/json"}
        assert ok(people.post("/webhooks/cold-provider", content=body, headers=headers))["success"] is True


def _resend_event(topic: str, message_id: str, **data: Any) -> dict[str, Any]:
    return {"type": topic, "data": {"email_id": "re_unknown", "message_id": message_id, **data}}


def _cold_event(kind: str, message_id: str, number: int) -> dict[str, Any]:
    return {"id": f"cold-{number}", "type": kind, "messageId": message_id}


def _analytics_equal_a_recount(owner: httpx.Client, campaign: str) -> None:
    path = f"/admin/email/analytics/campaigns/{campaign}"
    expected = {
        "sent": SENT,
        "opened": 2 * OPENERS,
        "uniqueOpens": OPENERS,
        "clicked": 2 * CLICKERS,
        "uniqueClicks": CLICKERS,
        "bounced": BOUNCES,
        "complained": COMPLAINTS,
    }

    def counted() -> dict[str, Any]:
        found = ok(owner.get(path))["data"]
        return {name: found[name] for name in expected}

    deadline = time.monotonic() + PATIENCE_SECONDS
    while counted() != expected and time.monotonic() < deadline:
        time.sleep(0.2)
    assert counted() == expected
    found = ok(owner.get(path))["data"]
    assert found["openRate"] == pytest.approx(OPENERS / found["delivered"], abs=1e-4)
    assert found["bounceRate"] == pytest.approx(BOUNCES / SENT, abs=1e-4)
    assert {link["url"]: link["clicks"] for link in found["topLinks"]} == {WEATHER: CLICKERS, STOCK: CLICKERS}
    recount = _recounted(owner, campaign)
    assert recount["sent"] == SENT
    assert (recount["opened"], recount["clicked"]) == (2 * OPENERS, 2 * CLICKERS)
    assert (recount["bounced"], recount["complained"]) == (BOUNCES, COMPLAINTS)
    overview = ok(owner.get("/admin/email/analytics/overview"))["data"]
    assert (overview["totalSent"], overview["totalUniqueOpens"]) == (SENT, OPENERS)


def _recounted(owner: httpx.Client, campaign: str) -> Counter[str]:
    """From the log, event by event."""
    query = (
        "query($campaign: String!, $after: String) { emailEvents(first: 250, after: $after, filter: "
        "{campaignId: $campaign}) { nodes { type isMachine } pageInfo { hasNextPage endCursor } } }"
    )
    counts: Counter[str] = Counter()
    after, more = None, True
    while more:
        page = graphql(owner, query, campaign=campaign, after=after)["emailEvents"]
        counts.update(event["type"].lower() for event in page["nodes"] if not event["isMachine"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return counts


def _one_click_unsubscribes(people: httpx.Client, box: Mailbox) -> None:
    """As a mail program does, without ever opening the mail; a scanner that looks at the link changes nothing."""
    header = str(box.of(reader(240))["List-Unsubscribe"])
    path = path_of(header.strip("<>"))
    assert "<form" in people.get(path).text
    for _ in range(2):
        answer = people.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200, answer.text


def _nobody_gets_what_they_should_not(owner: httpx.Client, box: Mailbox) -> None:
    """The other app's campaign goes to readers 200 to 259: but not to who bounced, complained or unsubscribed."""
    box.recipients.clear()
    campaign = _a_campaign(owner, OTHER)
    path = f"/admin/{OTHER}/newsletter/campaigns/{campaign}"
    ok(owner.post(f"{path}/send"))
    until(lambda: ok(owner.get(path))["data"]["status"] == "sent")
    out = {*range(200, 200 + BOUNCES), *range(220, 220 + COMPLAINTS), 240}
    assert box.recipients == Counter(reader(number) for number in range(200, 260) if number not in out)
