"""Every write takes an `Idempotency-Key`: however many come at once, it is done once, and all get its answer.

That one effect is one run of the work is what the tests of the mechanism are about (`tests/resolvers`); here each write
is seen to pass through it, and to leave the database as that one run left it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import pytest
from httpx import Response

import app as server
from core.actor import Actor
from resolvers import idempotency
from resolvers.idempotency import Answer, once
from rest_compat import routing
from rest_compat.contract import Endpoint
from rest_compat.routing import WRITES
from schema.fields import RootField
from tests.contract import mutations
from tests.contract.mutations import MUTATIONS, ROWS, SAMPLES, Asked
from tests.contract.requests import prepared
from tests.contract.requests.calling import Caller
from tests.contract.rows import ROUTES, SERVED, name_of
from tests.contract.stored import Stored, stored
from tests.factories.people import bearer

KEY: Final = {"Idempotency-Key": "1"}
HOWEVER_SLOW: Final = timedelta(hours=1)
"""A machine that is busy may take longer for fifty than anybody waits, or a lease lasts."""
FEW: Final = 5
MANY: Final = 50
MANY_OF: Final = {
    "POST /{appId}/plans/", "POST /{appId}/tickets/", "PATCH /{appId}/shops/{shopId}", "DELETE /users/{id}",
    "POST /{appId}/wants/{id}/vote", "POST /api-keys/{keyId}/regenerate",
    "POST /admin/{appId}/newsletter/campaigns/{id}/send",
    "agentDraftSend", "attachmentUpload", "campaignResendUncertain", "contactErase", "dataExportCreate",
    "feedbackConvertToTicket", "logsIngest", "prospectsImport", "subscribersImport", "templateTestSend", "ticketMerge",
    "ticketMessageCreate", "wantMerge", "wantVoteToggle",
}  # fmt: skip
"""What comes fifty times at once: some of each kind of write. Of the others five tell as much."""
ENDS_THE_CALLER: Final = {"signOutEverywhere"}
"""Who comes after it was done is not known any more, and gets no answer at all."""
CHANGES_NOTHING: Final = {
    "POST /admin/automations/configs/validate-condition", "POST /auth/hash-password", "POST /auth/refresh",
    "passwordHash", "tokenRefresh",
}  # fmt: skip
"""Questions that are asked as writes are, since they are not to be kept or asked again, and stored nowhere."""
WRITING: Final = [row for row in SERVED if row.method in WRITES and not ROUTES[row.name].signed_by]


class Works:
    """Counts how often the mechanism was asked, and how often work was done; `began` and `left` are what was stored
    before and after it."""

    def __init__(self) -> None:
        self.asked = self.done = 0
        self.began: Stored = {}
        self.left: Stored = {}

    async def once(self, actor: Actor, key: str, request: bytes, work: Callable[[], Awaitable[Answer]]) -> Answer:
        async def counted() -> Answer:
            self.done += 1
            self.began = await stored()
            answer = await work()
            self.left = await stored()
            return answer

        self.asked += 1
        return await once(actor, key, request, counted)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Works:
    counting = Works()
    monkeypatch.setattr(routing, "once", counting.once)
    monkeypatch.setattr(server, "once", counting.once)
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", HOWEVER_SLOW.total_seconds())
    monkeypatch.setattr(idempotency, "LEASE", HOWEVER_SLOW)
    return counting


async def at_once(name: str, works: Works, send: Callable[[], Awaitable[Response]]) -> Response:
    """The one answer that all of them get, when the work was done once, and nothing else."""
    times, before = MANY if name in MANY_OF else FEW, await stored()
    answers = await asyncio.gather(*(send() for _ in range(times)))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert (works.asked, works.done) == (times, 1), answers[0].text
    assert works.began == before
    assert await stored() == works.left
    assert (works.left == before) == (name in CHANGES_NOTHING)
    return answers[0]


def asking(caller: Caller, asked: Asked) -> Callable[[], Awaitable[Response]]:
    headers = {**asked.headers, **KEY}
    return lambda: caller.http.post("/graphql", json=asked.body, headers=headers)


def assert_was_done(field: RootField, answer: Response) -> None:
    assert "errors" not in answer.json(), answer.text
    assert answer.json()["data"][field.name]["userErrors"] == []


@pytest.mark.parametrize("endpoint", WRITING, ids=name_of)
async def test_rest(endpoint: Endpoint, caller: Caller, works: Works) -> None:
    call = await prepared(caller, endpoint)
    headers = {**bearer(caller.owner), **KEY}
    path = call.path + call.query
    answer = await at_once(
        endpoint.name, works, lambda: caller.http.request(call.method, path, json=call.body, headers=headers)
    )
    assert answer.status_code == (endpoint.success or ROUTES[endpoint.name].status), answer.text


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize(
    "field", [field for field in MUTATIONS if field.name not in ENDS_THE_CALLER], ids=lambda field: field.name
)
async def test_graphql(field: RootField, caller: Caller, works: Works) -> None:
    asked = await mutations.prepared(caller, field)
    assert_was_done(field, await at_once(field.name, works, asking(caller, asked)))


@pytest.mark.parametrize(
    "field", [field for field in MUTATIONS if field.name in ENDS_THE_CALLER], ids=lambda field: field.name
)
async def test_graphql_that_ends_the_caller(field: RootField, caller: Caller, works: Works) -> None:
    send = asking(caller, await mutations.prepared(caller, field))
    answers = await asyncio.gather(*(send() for _ in range(FEW)))
    (answer,) = {answer.content: answer for answer in answers if "errors" not in answer.json()}.values()
    assert_was_done(field, answer)
    assert works.done == 1


def test_all_mutations_have_one_sample() -> None:
    assert sorted([*ROWS, *SAMPLES]) == sorted(field.name for field in MUTATIONS)
