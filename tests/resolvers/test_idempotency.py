"""The same key and request give the same answer; another request under the key is a conflict."""

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from core import clock
from core.actor import Actor, Kind
from core.errors import Conflict, InvalidInput
from core.runtime import Runtime, start
from models.idempotency import IdempotencyRecord
from resolvers import idempotency
from resolvers.idempotency import KEPT, LEASE, Answer, once

pytestmark = pytest.mark.usefixtures("platform")

ADA, BOB = Actor(Kind.STAFF, id="ada"), Actor(Kind.STAFF, id="bob")


class Work:
    """Counts how often it is done. Waits for `gate` where it is closed."""

    def __init__(self, status: int = 201) -> None:
        self.done = 0
        self.status = status
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> Answer:
        self.begun.set()
        await self.gate.wait()
        self.done += 1
        return Answer(self.status, "application/json", b'{"number": %d}' % self.done)


class TestTheSameRequest:
    async def test_is_done_once_and_answered_twice(self) -> None:
        work = Work()
        answers = [await once(ADA, "key", b"request", work) for _ in range(2)]
        assert answers == [Answer(201, "application/json", b'{"number": 1}')] * 2
        assert work.done == 1

    async def test_is_done_once_however_many_come_at_once(self) -> None:
        work = Work()
        answers = await asyncio.gather(*(once(ADA, "key", b"request", work) for _ in range(20)))
        assert (work.done, len(set(answers))) == (1, 1)

    async def test_is_done_again_after_a_day(self) -> None:
        work = Work()
        await once(ADA, "key", b"request", work)
        with clock.shifted(KEPT):
            await once(ADA, "key", b"another request", work)
            await once(ADA, "key", b"another request", work)
        assert work.done == 2

    async def test_of_somebody_else_is_another(self) -> None:
        work = Work()
        await once(ADA, "key", b"request", work)
        await once(BOB, "key", b"another request", work)
        assert work.done == 2

    async def test_gets_a_refusal_again_as_well(self) -> None:
        work = Work(404)
        assert [(await once(ADA, "key", b"request", work)).status for _ in range(2)] == [404, 404]
        assert work.done == 1


class TestWorkThatFails:
    async def test_on_the_server_s_side_may_be_tried_again(self) -> None:
        work = Work(503)
        assert (await once(ADA, "key", b"request", work)).status == 503
        work.status = 201
        assert (await once(ADA, "key", b"request", work)).status == 201

    async def test_with_an_error_may_be_tried_again_with_what_was_corrected(self) -> None:
        async def refuse() -> Answer:
            raise InvalidInput("name: is required", "name")

        with pytest.raises(InvalidInput):
            await once(ADA, "key", b"request", refuse)
        assert (await once(ADA, "key", b"corrected", Work())).status == 201

    async def test_to_end_within_its_lease_is_done_again_and_that_answer_stays(self) -> None:
        """As after the end of its process: what is left of it is a record without an answer."""
        work = Work()
        work.gate.clear()
        first = asyncio.create_task(once(ADA, "key", b"request", work))
        await work.begun.wait()
        with clock.shifted(LEASE):
            assert (await once(ADA, "key", b"request", Work(200))).status == 200
        work.gate.set()
        assert (await first).status == 201
        assert (await once(ADA, "key", b"request", Work())).status == 200


class TestAnotherRequest:
    async def test_under_the_same_key_is_a_conflict(self) -> None:
        work = Work()
        await once(ADA, "key", b"request", work)
        with pytest.raises(Conflict, match="another request") as conflict:
            await once(ADA, "key", b"another request", work)
        assert (conflict.value.field, work.done) == ("Idempotency-Key", 1)

    async def test_is_a_conflict_while_the_first_is_under_way(self) -> None:
        work = Work()
        work.gate.clear()
        first = asyncio.create_task(once(ADA, "key", b"request", work))
        await work.begun.wait()
        with pytest.raises(Conflict, match="another request"):
            await once(ADA, "key", b"another request", work)
        work.gate.set()
        assert (await first).status == 201


class TestPatience:
    async def test_looks_less_and_less_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Many who look all the time would keep the first from being done."""
        looks, get = [], IdempotencyRecord.get

        async def counted(identity: str) -> IdempotencyRecord | None:
            looks.append(identity)
            return await get(identity)

        monkeypatch.setattr(IdempotencyRecord, "get", counted)
        work = Work()
        work.gate.clear()
        waiting = [asyncio.create_task(once(ADA, "key", b"request", work)) for _ in range(10)]
        await asyncio.sleep(0.6)
        assert len(looks) <= 9 * 6
        work.gate.set()
        assert len({await one for one in waiting}) == 1

    async def test_ends_with_a_sentence_that_says_to_try_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.1)
        work = Work()
        work.gate.clear()
        first = asyncio.create_task(once(ADA, "key", b"request", work))
        await work.begun.wait()
        with pytest.raises(Conflict, match="under way: try again"):
            await once(ADA, "key", b"request", work)
        work.gate.set()
        assert (await first).status == 201


class TestWhatIsKept:
    async def test_does_not_show_the_key_the_request_or_the_answer(self) -> None:
        await once(ADA, "my key", b"my request", Work())
        record = await IdempotencyRecord.find_one({})
        assert record is not None
        kept = repr(record.model_dump())
        assert record.answer is not None
        assert not any(text in kept for text in ("my key", "my request", "number"))

    @pytest.fixture
    def another_secret(self, platform: Runtime) -> Iterator[SecretStr]:
        secret = SecretStr("another secret of the tests, 32 characters and more")
        yield secret
        start(platform.settings, platform.mongo)

    async def test_is_read_after_the_secret_was_changed(self, platform: Runtime, another_secret: SecretStr) -> None:
        await once(ADA, "key", b"request", Work())
        changed = {"secret_key": another_secret, "previous_secret_keys": (platform.settings.secret_key,)}
        start(platform.settings.model_copy(update=changed), platform.mongo)
        assert (await once(ADA, "key", b"request", Work())).body == b'{"number": 1}'

    async def test_is_a_conflict_when_its_secret_is_gone(self, platform: Runtime, another_secret: SecretStr) -> None:
        await once(ADA, "key", b"request", Work())
        start(platform.settings.model_copy(update={"secret_key": another_secret}), platform.mongo)
        with pytest.raises(Conflict, match="can't be read"):
            await once(ADA, "key", b"request", Work())


class TestValidation:
    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\nb"])
    async def test_a_malformed_key_is_refused(self, key: str) -> None:
        work = Work()
        with pytest.raises(InvalidInput) as refused:
            await once(ADA, key, b"request", work)
        assert (refused.value.field, work.done) == ("Idempotency-Key", 0)
