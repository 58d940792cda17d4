"""What was taken is kept, whatever dies; what was not kept is taken when its sender comes again."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.actor import Role
from core.errors import Forbidden, Unavailable
from core.runtime import Runtime, start
from mail.inbound import TooLarge
from mail.inbound.reading import MAX_MAIL
from models.email_jobs import EmailJob
from models.files import File, FileChunk
from models.inbound_messages import InboundMessage, InboundProvider, InboundStatus
from resolvers.inbound_messages import get_inbound_content
from resolvers.inbound_reading import raw_of, reading
from resolvers.inbound_receiving import forget_old_raw_mail, keep_inbound_mail, requeue_inbound_messages
from resolvers.job_leases import claim, fail
from tests.factories.dying import Killed, dying
from tests.factories.inbound import DOMAIN, SYSTEM, a_mail, kept, processed, received
from tests.factories.people import an_actor

LATER = timedelta(minutes=2)


@pytest.fixture(autouse=True)
def receiving(platform: Runtime) -> Runtime:
    return start(platform.settings.model_copy(update={"inbound_domain": DOMAIN}), platform.mongo)


async def taken(raw: bytes, *recipients: str) -> bool:
    return await keep_inbound_mail(SYSTEM, InboundProvider.SMTP, raw, recipients)


class TestWorks:
    async def test_there_is_one_of_each_mail_to_each_address(self) -> None:
        raw = a_mail()
        assert await taken(raw, f"A@{DOMAIN}", f"a@{DOMAIN} ", f"<b@{DOMAIN}>")
        assert not await taken(raw, f"b@{DOMAIN}")
        assert await taken(raw, f"c@{DOMAIN}", f"b@{DOMAIN}")
        recipients = sorted(message.recipient for message in await InboundMessage.find_all().to_list())
        assert recipients == [f"a@{DOMAIN}", f"b@{DOMAIN}", f"c@{DOMAIN}"]
        assert (await EmailJob.count(), await File.count()) == (3, 2)

    async def test_without_an_envelope_the_header_tells(self) -> None:
        await taken(a_mail(to=f"bob@tea.example, Help@{DOMAIN}"))
        await taken(a_mail(to="bob@tea.example", delivered_to=f"left@{DOMAIN}"))
        await taken(a_mail(to="bob@tea.example, eve@tea.example"))
        await taken(b"nothing that is a mail")
        recipients = {message.recipient for message in await InboundMessage.find_all().to_list()}
        assert recipients == {f"help@{DOMAIN}", f"left@{DOMAIN}", "bob@tea.example", ""}

    async def test_a_mail_without_an_id_is_known_by_what_it_says(self) -> None:
        raw = a_mail().replace(b"Message-ID", b"X-Ignored")
        assert [await taken(raw), await taken(raw), await taken(raw + b"!")] == [True, False, True]

    async def test_a_large_one_comes_through_whole(self) -> None:
        raw = a_mail(files=[("big.bin", "application/octet-stream", bytes(range(256)) * 8_000)])
        message = await received(raw)
        assert (await raw_of(message) == raw, message.files[0].size) == (True, 2_048_000)

    async def test_more_than_any_mail_has_is_refused(self) -> None:
        with pytest.raises(TooLarge):
            await taken(b"a" * (MAX_MAIL + 1))

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=2_000))
    async def test_whatever_comes_is_kept_and_worked_off(self, raw: bytes) -> None:
        done = await received(raw)
        assert done.status is InboundStatus.UNMATCHED
        await InboundMessage.find({"_id": done.id}).delete()


class TestNothingIsLost:
    async def test_whoever_dies_while_it_is_stored_finds_it_when_it_comes_again(self) -> None:
        """Nobody was answered: so the sender comes again, in the end when nobody may be writing any more."""
        for writes in range(12):
            raw = a_mail(files=[("a.bin", "application/octet-stream", b"x" * 700_000)])
            with suppress(Killed), dying(writes // 2, last_arrives=bool(writes % 2)):
                await taken(raw)
            with suppress(Unavailable):
                await taken(raw)
            with clock.shifted(LATER):
                await taken(raw)
                await requeue_inbound_messages(SYSTEM)
            (message,) = await InboundMessage.find({"status": InboundStatus.RECEIVED.value}).to_list()
            assert await raw_of(message) == raw
            assert await EmailJob.find({"payload.inboundMessageId": str(message.id)}).count() == 1
            await processed(message)
            assert await File.count() == await InboundMessage.count()
            pieces = await FileChunk.distinct("files_id", {})
            assert len(pieces) == await File.count()

    async def test_who_comes_again_may_bring_it_by_another_way(self) -> None:
        raw = a_mail()
        with suppress(Killed), dying(2, last_arrives=False):
            await taken(raw)
        by_another = b"Return-Path: <ada@tea.example>\n" + raw
        with clock.shifted(LATER):
            assert await taken(by_another)
        (message,) = await InboundMessage.find_all().to_list()
        assert await raw_of(message) == by_another

    async def test_of_several_at_once_one_is_kept_and_all_others_hear_that_it_is_there_or_to_come_again(self) -> None:
        raw = a_mail()
        answers = await asyncio.gather(*(taken(raw) for _ in range(6)), return_exceptions=True)
        assert answers.count(True) == 1
        assert all(answer in (True, False) or isinstance(answer, Unavailable) for answer in answers)
        assert (await InboundMessage.count(), await File.count(), await EmailJob.count()) == (1, 1, 1)

    async def test_mail_whose_job_ended_without_a_word_is_said_to_have_failed(self) -> None:
        message = await kept(a_mail())
        job = await claim(SYSTEM, "tests", ["inbound.process"])
        assert job is not None
        await fail(SYSTEM, job, "It fell over")
        with clock.shifted(LATER):
            assert await requeue_inbound_messages(SYSTEM) == 1
        after = await InboundMessage.get(message.id)
        assert after is not None
        assert (after.status, after.problem) == (InboundStatus.FAILED, "It fell over")

    async def test_what_never_came_again_is_forgotten(self) -> None:
        with suppress(Killed), dying(2, last_arrives=False):
            await taken(a_mail())
        assert await InboundMessage.count() == 1
        with clock.shifted(timedelta(days=8)):
            await requeue_inbound_messages(SYSTEM)
        assert (await InboundMessage.count(), await FileChunk.count()) == (0, 0)


class TestRetention:
    async def test_the_mail_as_it_came_goes_before_what_was_new_in_it(self, receiving: Runtime) -> None:
        message = await received(a_mail("What is new"))
        staff = await an_actor(Role.VIEWER)
        assert await get_inbound_content(staff, str(message.id)) is not None
        assert await forget_old_raw_mail(SYSTEM) == 0
        with clock.shifted(timedelta(days=receiving.settings.inbound_raw_days + 1)):
            assert await forget_old_raw_mail(SYSTEM) == 1
        after = await InboundMessage.get(message.id)
        assert after is not None
        assert (after.new_text, after.raw_id, await FileChunk.count()) == ("What is new", None, 0)
        assert await get_inbound_content(staff, str(message.id)) is None


async def test_it_is_for_the_system_alone() -> None:
    with pytest.raises(Forbidden):
        await keep_inbound_mail(await an_actor(), InboundProvider.SMTP, a_mail())


@given(st.binary(max_size=5_000))
@settings(max_examples=50)
def test_reading_fails_for_nothing_that_a_mail_says(raw: bytes) -> None:
    assert isinstance(reading(raw).fields["newText"], str)
