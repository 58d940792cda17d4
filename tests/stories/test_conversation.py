"""A conversation: a prospect is imported, enrolled, and written to inside business hours; answers; the answer ends the
sequence, shows on the timeline, and gets a reply that the agent drafted and a person approved. Over real HTTP in and
real SMTP out, by a clock that the test moves."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.stories.mail_server import Mailbox, mail_server
from tests.stories.platform import OWNER, PASSWORD, Platform, graphql, ok, served, until

APP: Final = "banners-all-over"
ADA, BOB = "ada@tea.example", "bob@bikes.example"
BERLIN: Final = ZoneInfo("Europe/Berlin")
HOURS: Final = {"startHour": 9, "endHour": 17, "timezone": "Europe/Berlin"}
DAY_MS: Final = 24 * 60 * 60 * 1000
INBOUND: Final = ("inbound", "a password of Postmark")
QUIET_SECONDS: Final = 2.0
"""Several looks at who is due."""


class Clock:
    """Of the server."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.move(timedelta())

    def move(self, ahead: timedelta) -> None:
        written = self.file.with_suffix(".new")
        written.write_text(str(ahead.total_seconds()))
        written.replace(self.file)  # whole: the server may be reading

    def set(self, moment: datetime) -> None:
        self.move(moment - datetime.now(UTC))


def next_weekday(weekday: int, hour: int, *, weeks: int = 0) -> datetime:
    """In Berlin, at least a day from now; Monday is 0."""
    tomorrow = datetime.now(BERLIN).replace(hour=hour, minute=0, second=0) + timedelta(days=1)
    return tomorrow + timedelta(days=(weekday - tomorrow.weekday()) % 7, weeks=weeks)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock") / "ahead")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as served_mail:
        yield served_mail


@pytest.fixture(scope="module")
def platform(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, mailbox: tuple[Mailbox, int]
) -> Iterator[Platform]:
    configured = {
        "MAIL_PROVIDER": "smtp",
        "MAIL_FROM": "grace@banners.example.com",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox[1]),
        "SMTP_TLS": "none",
        "INBOUND_DOMAIN": "in.banners.example.com",
        "INBOUND_POSTMARK_PASSWORDS": INBOUND[1],
        "CLOCK_FILE": str(clock.file),
    }
    folder = tmp_path_factory.mktemp("conversation") / "data"
    with served(folder, configured=configured, module="tests.stories.hurried_server") as running:
        yield running


def staff(platform: Platform) -> httpx.Client:
    """Who has just logged in: by the moved clock, earlier logins have ended."""
    with platform.client() as anybody:
        token = ok(anybody.post("/auth/login", json={"email": OWNER, "password": PASSWORD}))["token"]
    return platform.client(Authorization=f"Bearer {token}")


def test_the_story_of_a_conversation(platform: Platform, clock: Clock, mailbox: tuple[Mailbox, int]) -> None:
    box, _ = mailbox
    saturday = next_weekday(5, 12)
    monday = saturday + timedelta(days=2)
    clock.set(saturday)
    with staff(platform) as people:
        sequence = _a_sequence_of_two_mails(people)
        ada, bob = (_imported(people, address) for address in (ADA, BOB))
        _enrolled(people, sequence, ada, bob)
    _nobody_is_written_to(box)
    clock.set(monday.replace(hour=8, minute=50))
    _nobody_is_written_to(box)
    clock.set(monday.replace(hour=10))
    first = _both_get_the_first_mail(box)
    clock.set(monday.replace(hour=11))
    with staff(platform) as people:
        message = _she_answers(people, first)
        _which_ends_it_for_her(people, sequence, ada, bob)
        _and_shows_on_her_timeline(people, ada)
        action = _the_agent_drafts_a_reply(people, box, message)
        _that_a_person_sends(people, box, action, message)
    clock.set(monday.replace(hour=11, minute=30) + timedelta(days=3))
    until(lambda: box.recipients[BOB] == 2)
    clock.set(monday.replace(hour=13) + timedelta(days=3))
    with staff(platform) as people:
        ended = {ada: ("exited", "replied"), bob: ("completed", None)}
        until(lambda: _left_of(people, sequence) == ended)
    _nobody_is_written_to(box, but=[ADA, ADA, BOB, BOB])


def _a_sequence_of_two_mails(people: httpx.Client) -> str:
    create = "mutation($input: AppCreateInput!) { appCreate(input: $input) { userErrors { message } } }"
    app = {"id": APP, "name": "Banners All Over"}
    assert graphql(people, create, input=app)["appCreate"]["userErrors"] == []
    steps = []
    for order, subject in ((1, "Banners for {{ company }}"), (2, "")):
        template = {
            "key": f"outreach-{order}", "name": f"Outreach {order}", "language": "en", "category": "outreach",
            "subject": subject or "Still there?", "text": "Hello {{ first_name }}, would banners help you?",
            "variables": [{"name": "company", "description": "Theirs", "default": "you", "sample": "Tea"}],
        }  # fmt: skip
        stored = ok(people.post(f"/{APP}/templates", json=template))["data"]
        steps.append(
            {"type": "email", "order": order, "templateId": stored["_id"], "delayMs": (order - 1) * 3 * DAY_MS}
        )
    body = {"name": "Spring", "steps": steps, "businessHours": HOURS, "dailySendCap": 10}
    sequence = str(ok(people.post("/admin/sequences", json=body))["data"]["_id"])
    ok(people.post(f"/admin/sequences/{sequence}/activate"))
    return sequence


def _imported(people: httpx.Client, address: str) -> str:
    name = address.partition("@")[0].title()
    rows = [{"email": address, "name": f"{name} Byron", "company": "Tea & Cakes"}, {"email": "nobody"}]
    outcome = ok(people.post("/admin/prospects/import", json={"prospects": rows}))["data"]
    assert (outcome["created"], len(outcome["errors"])) == (1, 1)
    (prospect,) = ok(people.get("/admin/prospects", params={"search": address}))["data"]
    return str(prospect["_id"])


def _enrolled(people: httpx.Client, sequence: str, *prospects: str) -> None:
    outcome = ok(people.post(f"/admin/sequences/{sequence}/enroll", json={"prospectIds": list(prospects)}))["data"]
    assert (len(outcome["enrolled"]), outcome["rejected"]) == (2, [])


def _nobody_is_written_to(box: Mailbox, but: list[str] | None = None) -> None:
    time.sleep(QUIET_SECONDS)
    assert sorted(box.recipients.elements()) == sorted(but or [])


def _both_get_the_first_mail(box: Mailbox) -> EmailMessage:
    until(lambda: box.recipients.keys() == {ADA, BOB})
    mail = box.of(ADA)
    assert mail["Subject"] == "Banners for Tea & Cakes"
    assert mail["Reply-To"].addresses[0].domain == "in.banners.example.com"
    assert "List-Unsubscribe" in mail
    return mail


def _she_answers(people: httpx.Client, first: EmailMessage) -> Mapping[str, Any]:
    answer = EmailMessage()
    answer["From"], answer["To"] = f"Ada Byron <{ADA}>", str(first["Reply-To"])
    answer["Subject"], answer["Message-ID"] = f"Re: {first['Subject']}", "<answer-1@tea.example>"
    answer["In-Reply-To"] = answer["References"] = str(first["Message-ID"])
    quoted = "\n".join(f"> {line}" for line in "Hello Ada, would banners help you?".splitlines())
    answer.set_content(f"What does it cost for three shops?\n\nOn Monday, Grace wrote:\n{quoted}\n")
    posted = {"RawEmail": answer.as_string(), "OriginalRecipient": first["Reply-To"].addresses[0].addr_spec}
    for _ in range(2):  # services repeat themselves
        ok(httpx.post(f"{people.base_url}/webhooks/inbound/postmark", json=posted, auth=INBOUND))
    refused = httpx.post(f"{people.base_url}/webhooks/inbound/postmark", json=posted, auth=("inbound", "a guess"))
    assert refused.status_code == httpx.codes.UNAUTHORIZED

    def read() -> Any:
        (message,) = ok(people.get("/admin/inbound/messages"))["data"] or [None]
        return message if message and message["status"] == "processed" else None

    message = until(read)
    assert message["classification"] == "question"
    shown = ok(people.get(f"/admin/inbound/messages/{message['_id']}"))["data"]
    assert shown["matchedEnrollmentId"]
    assert "What does it cost for three shops?" in str(shown)
    return dict(message)


def _left_of(people: httpx.Client, sequence: str) -> dict[str, tuple[str, str | None]]:
    rows = ok(people.get(f"/admin/sequences/{sequence}/enrollments"))["data"]
    return {row["prospectId"]: (row["status"], row["exitReason"]) for row in rows}


def _which_ends_it_for_her(people: httpx.Client, sequence: str, ada: str, bob: str) -> None:
    assert _left_of(people, sequence) == {ada: ("exited", "replied"), bob: ("active", None)}


def _and_shows_on_her_timeline(people: httpx.Client, ada: str) -> None:
    def kinds() -> set[str]:
        return {str(entry["kind"]) for entry in ok(people.get(f"/admin/prospects/{ada}/activity"))["data"]}

    until(lambda: kinds() >= {"added", "enrolled", "sent", "replied", "sequence_ended"})
    until(lambda: ok(people.get(f"/admin/prospects/{ada}"))["data"]["status"] == "engaged")


def _the_agent_drafts_a_reply(people: httpx.Client, box: Mailbox, message: Mapping[str, Any]) -> Mapping[str, Any]:
    draft = """mutation($input: AgentReplyCreateInput!) { agentReplyCreate(input: $input) {
        agentAction { id status decision draft { subject body } checks { name passed } } userErrors { message } } }"""
    wanted = {"inboundMessageId": message["_id"], "points": "Three shops pay for one. Shall we talk on Thursday?"}
    drafted = graphql(people, draft, input=wanted)["agentReplyCreate"]
    assert drafted["userErrors"] == []
    action = drafted["agentAction"]
    assert (action["status"], action["decision"]) == ("DRAFTED", "SUGGEST")
    assert "Three shops pay for one" in action["draft"]["body"]
    assert box.recipients[ADA] == 1, "it is not sent by itself"
    return dict(action)


def _that_a_person_sends(
    people: httpx.Client, box: Mailbox, action: Mapping[str, Any], message: Mapping[str, Any]
) -> None:
    sending = f"/admin/agent/draft/{action['id']}/send"
    ok(people.post(sending))
    until(lambda: box.recipients[ADA] == 2)
    assert people.post(sending).status_code == httpx.codes.BAD_REQUEST
    reply = [mail for mail in box.taken if ADA in str(mail["To"])][-1]
    assert reply["In-Reply-To"] == message["messageId"] == "<answer-1@tea.example>"
    assert re.match("Re: ", reply["Subject"])
