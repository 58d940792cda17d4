"""Files that people attach to what they write: uploaded first, then claimed by what is written."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from beanie import PydanticObjectId
from gridfs import AsyncGridFSBucket

from core import clock
from core.actor import Actor, Role
from core.errors import Forbidden, Gone, InvalidInput, NotFound, RateLimited, Unauthenticated
from core.mongo import Filter, Mongo
from core.scopes import Scope
from core.timed_links import STEP
from models.attachments import LINK_VALID, Attachment, AttachmentOwner, AttachmentOwnerKind, AttachmentStatus
from models.files import CHUNK_SIZE, FileChunk
from resolvers.attachment_files import AT_A_TIME, read_file
from resolvers.attachment_removal import remove_attachments
from resolvers.attachment_upkeep import UNUSED_KEPT, sweep_attachments
from resolvers.attachments import (
    LARGEST,
    MOST,
    PER_END_USER,
    NewFile,
    claim_attachments,
    get_attachment,
    get_linked_attachment,
    upload_attachments,
)
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.attachments import PNG, a_file, content_of, stored_counts, uploaded
from tests.factories.contacts import SYSTEM
from tests.factories.dying import Killed, dying
from tests.factories.end_users import NOBODY, an_end_user
from tests.factories.people import an_actor

pytestmark = pytest.mark.usefixtures("platform")

APP = "banners"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app(APP)


def a_message() -> AttachmentOwner:
    return AttachmentOwner(kind=AttachmentOwnerKind.TICKET_MESSAGE, id=PydanticObjectId())


def files_of(owner: AttachmentOwner) -> Filter:
    return {"owner.id": owner.id}


def token_in(url: str) -> str:
    return url.rsplit("/", 1)[-1]


async def nothing(*_: object) -> None:
    """In place of what a process that was killed does not come to."""


async def broken(*_: object) -> None:
    raise ConnectionError


async def now_of(attachment: Attachment) -> Attachment:
    found = await Attachment.get(attachment.id)
    assert found is not None
    return found


async def outcomes(calls: list[Awaitable[Any]]) -> Counter[str]:
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(answer).__name__ for answer in answers)


class TestWorks:
    async def test_a_file_is_stored_as_it_is(self) -> None:
        (stored,) = await uploaded(backend_of(APP), APP, a_file("../Photo 1.exe", PNG))
        assert (stored.filename, stored.mimetype, stored.size) == ("Photo 1.exe.png", "image/png", len(PNG))
        assert (stored.status, stored.sha256) == (AttachmentStatus.UNUSED, hashlib.sha256(PNG).hexdigest())
        assert (stored.key, stored.uploaded_at) == (str(stored.id), stored.created_at)
        assert await content_of(stored) == PNG

    @pytest.mark.parametrize(
        "size", [1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, CHUNK_SIZE * 4, CHUNK_SIZE * 9 + 7, LARGEST]
    )
    async def test_a_file_of_any_size_comes_back_whole_and_in_parts(self, size: int) -> None:
        content = b"x" * max(0, size - 200) + bytes(range(32, 127)) * 3
        content = content[-size:]
        (stored,) = await uploaded(backend_of(APP), APP, a_file("a.txt", content))
        assert stored.size == size
        assert await content_of(stored) == content
        for start, stop in ((0, 1), (size - 1, size), (size // 2, size), (size // 3, size // 3 + 1)):
            assert await content_of(stored, start, stop) == content[start:stop]

    async def test_tools_of_mongodb_read_it_and_it_reads_theirs(self, mongo: Mongo) -> None:
        bucket = AsyncGridFSBucket(mongo.database)
        content = b"text " * CHUNK_SIZE
        (stored,) = await uploaded(backend_of(APP), APP, a_file("a.txt", content))
        stream = await bucket.open_download_stream(stored.id)
        assert (stream.length, stream.filename, await stream.read()) == (len(content), "a.txt", content)
        theirs = PydanticObjectId(await bucket.upload_from_stream("b.txt", content))
        assert b"".join([piece async for piece in read_file(theirs, 3, len(content))]) == content[3:]

    async def test_five_files_at_once_keep_their_order(self) -> None:
        files = [a_file(f"{number}.txt", str(number).encode()) for number in range(MOST)]
        stored = await uploaded(backend_of(APP), APP, *files)
        assert [one.filename for one in stored] == [f"{number}.txt" for number in range(MOST)]

    async def test_what_is_claimed_belongs_to_a_message(self) -> None:
        actor, owner = an_end_user(APP), a_message()
        files = await uploaded(actor, APP, a_file("a.png"), a_file("b.png"))
        ids = [file.key for file in reversed(files)]
        claimed = await claim_attachments(actor, APP, ids, owner, ["ada@example.com"])
        assert [file.filename for file in claimed] == ["b.png", "a.png"]
        assert {file.status for file in claimed} == {AttachmentStatus.USED}
        assert {file.owner.id for file in claimed if file.owner} == {owner.id}
        assert [file.people_keys for file in claimed] == [["ada@example.com"]] * 2

    async def test_whoever_has_the_link_gets_the_file(self) -> None:
        (file,) = await uploaded(backend_of(APP), APP)
        assert (await get_linked_attachment(NOBODY, APP, file.key, token_in(file.url))).id == file.id

    async def test_what_a_message_had_goes_with_it(self) -> None:
        actor, owner, other = backend_of(APP), a_message(), a_message()
        kept, *gone = await uploaded(actor, APP, a_file("a.png"), a_file("b.png"), a_file("c.png"))
        await claim_attachments(actor, APP, [kept.key], other)
        await claim_attachments(actor, APP, [file.key for file in gone], owner)
        assert await remove_attachments(files_of(owner)) == 2
        assert await remove_attachments(files_of(owner)) == 0
        assert await stored_counts() == (1, 1, 1)
        assert (await now_of(kept)).status is AttachmentStatus.USED


class TestMemory:
    async def test_a_file_is_never_in_memory_as_a_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        largest = 0

        class Source(BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                nonlocal largest
                content = super().read(size)
                largest = max(largest, len(content))
                return content

        content = Source(b"x" * LARGEST)
        (stored,) = await upload_attachments(backend_of(APP), APP, [NewFile("a.txt", content)])
        assert largest <= 1024**2
        assert max([len(piece) async for piece in read_file(stored.id, 0, LARGEST)]) == CHUNK_SIZE


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.SUPPORT])
    async def test_support_uploads(self, role: Role) -> None:
        assert await uploaded(await an_actor(role), APP)

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    async def test_other_staff_read(self, role: Role) -> None:
        actor = await an_actor(role)
        with pytest.raises(Forbidden):
            await uploaded(actor, APP)
        (file,) = await uploaded(backend_of(APP), APP)
        assert await get_attachment(actor, APP, file.key)

    async def test_a_key_needs_the_scopes(self) -> None:
        with pytest.raises(Forbidden):
            await uploaded(backend_of(APP, Scope.TICKETS_READ), APP)
        (file,) = await uploaded(backend_of(APP, Scope.TICKETS_WRITE), APP)
        with pytest.raises(Forbidden):
            await get_attachment(backend_of(APP, Scope.TICKETS_WRITE), APP, file.key)

    async def test_strangers_need_a_link(self) -> None:
        (file,) = await uploaded(backend_of(APP), APP)
        with pytest.raises(Unauthenticated):
            await uploaded(NOBODY, APP)
        with pytest.raises(Unauthenticated):
            await get_attachment(NOBODY, APP, file.key)


class TestOwnership:
    async def test_an_upload_is_its_uploaders_and_staffs(self) -> None:
        ada, eve = an_end_user(APP, "ada@example.com"), an_end_user(APP, "eve@example.com")
        (file,) = await uploaded(ada, APP)
        for actor in (ada, await an_actor(Role.VIEWER)):
            assert (await get_attachment(actor, APP, file.key)).id == file.id
        for actor in (eve, backend_of(APP)):
            with pytest.raises(NotFound, match="Attachment not found"):
                await get_attachment(actor, APP, file.key)

    async def test_files_of_another_app_do_not_exist(self) -> None:
        await an_app("tea")
        (file,) = await uploaded(backend_of(APP), APP)
        staff = await an_actor()
        for attempt in (
            get_attachment(staff, "tea", file.key),
            get_attachment(backend_of("tea"), "tea", file.key),
            get_linked_attachment(NOBODY, "tea", file.key, token_in(file.url)),
        ):
            with pytest.raises(NotFound, match="Attachment not found"):
                await attempt
        for refused in (uploaded(backend_of("tea"), APP), get_attachment(an_end_user("tea"), APP, file.key)):
            with pytest.raises(NotFound, match="Unknown app"):
                await refused

    @pytest.mark.parametrize("whose", ["another end user's", "another app's", "a used one", "an unknown one", "no id"])
    async def test_nobody_claims_what_is_not_theirs_and_then_nothing_is_claimed(self, whose: str) -> None:
        await an_app("tea")
        ada = an_end_user(APP, "ada@example.com")
        mine, used = await uploaded(ada, APP, a_file("a.png"), a_file("b.png"))
        await claim_attachments(ada, APP, [used.key], a_message())
        (eves,) = await uploaded(an_end_user(APP, "eve@example.com"), APP)
        (teas,) = await uploaded(Actor.end_user(ada.id, "tea", ada.email or ""), "tea")
        wrong = {
            "another end user's": eves.key,
            "another app's": teas.key,
            "a used one": used.key,
            "an unknown one": "0" * 24,
            "no id": '{"$ne": null}',
        }[whose]
        with pytest.raises(InvalidInput, match="not an unused upload of yours") as refused:
            await claim_attachments(ada, APP, [mine.key, wrong], a_message())
        assert refused.value.field == "attachmentIds"
        left = await now_of(mine)
        assert (left.status, left.owner, left.people_keys) == (AttachmentStatus.UNUSED, None, ["ada@example.com"])
        assert await claim_attachments(ada, APP, [mine.key], a_message())

    async def test_of_many_claims_at_once_one_gets_it(self) -> None:
        actor = backend_of(APP)
        (file,) = await uploaded(actor, APP)
        claims = [claim_attachments(actor, APP, [file.key], a_message()) for _ in range(20)]
        assert await outcomes([*claims]) == {"list": 1, "InvalidInput": 19}


class TestALink:
    async def test_works_for_an_hour_at_most(self) -> None:
        (file,) = await uploaded(backend_of(APP), APP)
        token = token_in(file.url)
        with clock.shifted(LINK_VALID - STEP):
            assert await get_linked_attachment(NOBODY, APP, file.key, token)
        with clock.shifted(LINK_VALID), pytest.raises(Gone):
            await get_linked_attachment(NOBODY, APP, file.key, token)

    async def test_is_for_one_file(self) -> None:
        one, two = await uploaded(backend_of(APP), APP, a_file("a.png"), a_file("b.png"))
        with pytest.raises(NotFound):
            await get_linked_attachment(NOBODY, APP, one.key, token_in(two.url))

    @pytest.mark.parametrize(
        "forge",
        [
            lambda token: "x",
            lambda token: token[:-1],
            lambda token: token + "A",
            lambda token: "f" + token,
            lambda token: " " + token,
            lambda token: "0" + token,
            lambda token: "f" * 300 + token,
            lambda token: token.partition(".")[0] + ".",
            lambda token: "-" + token,
            lambda token: token.replace(".", ".é"),
        ],
    )
    async def test_can_not_be_forged(self, forge: Callable[[str], str]) -> None:
        (file,) = await uploaded(backend_of(APP), APP)
        with pytest.raises(NotFound, match="does not work"):
            await get_linked_attachment(NOBODY, APP, file.key, forge(token_in(file.url)))

    async def test_ends_with_the_file(self) -> None:
        actor, owner = backend_of(APP), a_message()
        (file,) = await uploaded(actor, APP)
        await claim_attachments(actor, APP, [file.key], owner)
        await remove_attachments(files_of(owner))
        with pytest.raises(NotFound):
            await get_linked_attachment(NOBODY, APP, file.key, token_in(file.url))


class TestValidation:
    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("a.png", b"", "a.png is empty"),
            ("a.txt", b"x" * (LARGEST + 1), "a.txt is larger than 10 MiB"),
            ("a.png", b"MZ\x90\0", "a.png is of a kind that is not taken"),
            ("../\u202ea\r\n.png", b"\x7fELF\0", "a.png is of a kind that is not taken"),
        ],
    )
    async def test_what_is_not_taken_is_refused_and_nothing_is_stored(
        self, name: str, content: bytes, sentence: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            await uploaded(backend_of(APP), APP, a_file(), a_file(name, content))
        assert refused.value.message.startswith(f"attachments: {sentence}")
        assert refused.value.field == "attachments"
        assert await stored_counts() == (0, 0, 0)

    async def test_there_are_one_to_five(self) -> None:
        for files in ([], [a_file()] * (MOST + 1)):
            with pytest.raises(InvalidInput, match="1 to 5 files"):
                await upload_attachments(backend_of(APP), APP, files)

    async def test_an_end_user_uploads_so_many_an_hour(self) -> None:
        actor = an_end_user(APP)
        for _ in range(PER_END_USER.amount // MOST):
            await uploaded(actor, APP, *(a_file() for _ in range(MOST)))
        with pytest.raises(RateLimited):
            await uploaded(actor, APP)
        assert await uploaded(an_end_user(APP, "other@example.com"), APP)


class TestMissing:
    async def test_files_that_are_not_there_are_not_found(self) -> None:
        for identity in ("0" * 24, "nothing"):
            with pytest.raises(NotFound, match="Attachment not found"):
                await get_attachment(await an_actor(), APP, identity)
        with pytest.raises(NotFound, match="Unknown app"):
            await uploaded(await an_actor(), "nowhere")

    async def test_what_is_still_being_written_is_not_there(self) -> None:
        (file,) = await uploaded(backend_of(APP), APP)
        for status in (AttachmentStatus.UPLOADING, AttachmentStatus.REMOVED):
            await file.set({"status": status.value})
            with pytest.raises(NotFound):
                await get_attachment(await an_actor(), APP, file.key)
            with pytest.raises(InvalidInput):
                await claim_attachments(backend_of(APP), APP, [file.key], a_message())


class TestUpkeep:
    async def test_what_nobody_used_goes_after_a_day(self) -> None:
        actor = backend_of(APP)
        used, _ = await uploaded(actor, APP, a_file("a.png"), a_file("b.png"))
        await claim_attachments(actor, APP, [used.key], a_message())
        await used.set({"checkedAt": clock.now()})
        with clock.shifted(UNUSED_KEPT - timedelta(minutes=1)):
            assert await sweep_attachments(SYSTEM) == 0
        with clock.shifted(UNUSED_KEPT):
            assert await sweep_attachments(SYSTEM) == 1
        assert await stored_counts() == (1, 1, 1)

    async def test_what_is_claimed_while_it_is_swept_stays_whole(self) -> None:
        actor = backend_of(APP)
        files = [file for _ in range(6) for file in await uploaded(actor, APP, *(a_file() for _ in range(MOST)))]
        with clock.shifted(UNUSED_KEPT):
            claims = [claim_attachments(actor, APP, [file.key], a_message()) for file in files]
            await outcomes([sweep_attachments(SYSTEM), *claims])
        left = await Attachment.find_all().to_list()
        assert all(file.status is AttachmentStatus.USED for file in left)
        for file in left:
            assert await content_of(file) == PNG
        assert await stored_counts() == (len(left),) * 3

    @pytest.mark.parametrize("last_arrives", [True, False])
    async def test_an_upload_that_dies_at_any_write_leaves_nothing_for_longer_than_a_day(
        self, last_arrives: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever is killed does not tidy up."""
        monkeypatch.setattr("resolvers.attachments.remove_attachments", nothing)
        content = b"x" * (CHUNK_SIZE * AT_A_TIME * 2 + 1)
        for writes in range(20):
            try:
                with dying(writes, last_arrives=last_arrives):
                    await uploaded(backend_of(APP), APP, a_file("a.txt", content), a_file())
            except Killed:
                with clock.shifted(UNUSED_KEPT):
                    await sweep_attachments(SYSTEM)
                assert await stored_counts() == (0, 0, 0), writes
            else:
                assert writes > 6
                return
        pytest.fail("it never came to its end")

    async def test_an_upload_that_fails_leaves_nothing_at_once(self) -> None:
        class Broken(BytesIO):
            reads = 0

            def read(self, size: int | None = -1) -> bytes:
                self.reads += 1
                if self.reads > 15:
                    raise OSError("the disk is gone")
                return super().read(size)

        broken = NewFile("a.txt", Broken(b"x" * LARGEST))
        with pytest.raises(OSError, match="disk"):
            await upload_attachments(backend_of(APP), APP, [a_file(), broken])
        assert await stored_counts() == (0, 0, 0)

    async def test_a_removal_that_was_cut_off_is_finished(self, monkeypatch: pytest.MonkeyPatch) -> None:
        actor, owner = backend_of(APP), a_message()
        (file,) = await uploaded(actor, APP)
        await claim_attachments(actor, APP, [file.key], owner)
        with monkeypatch.context() as cut, pytest.raises(ConnectionError):
            cut.setattr("resolvers.attachment_removal.delete_files", broken)
            await remove_attachments(files_of(owner))
        with pytest.raises(NotFound):
            await get_attachment(await an_actor(), APP, file.key)
        assert await FileChunk.find_all().count() == 1
        await sweep_attachments(SYSTEM)
        assert await stored_counts() == (0, 0, 0)
