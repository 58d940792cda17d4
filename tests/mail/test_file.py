"""Mail in a folder."""

import mailbox
from pathlib import Path

import pytest
from bson import ObjectId

from mail.providers import Outcome, Receipt, Unavailable
from mail.providers.file import FileProvider
from tests.mail.messages import CONTENT, outgoing


async def test_a_mail_reader_finds_what_was_sent(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path / "mail")
    message = outgoing(CONTENT.replace(b"Hello", b"H\xc3\xa4llo\r\n.\r\n"))
    assert await provider.send(message) == Receipt(
        Outcome.ACCEPTED, f"Kept in {tmp_path / 'mail'}", provider_id=str(message.delivery)
    )
    [found] = mailbox.Maildir(tmp_path / "mail", create=False)
    assert found["Subject"] == "Hi"
    assert (tmp_path / "mail" / "new" / str(message.delivery)).read_bytes() == message.content
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


async def test_a_message_that_is_given_again_is_there_once(tmp_path: Path) -> None:
    provider, delivery = FileProvider(tmp_path), ObjectId()
    for _ in range(2):
        await provider.send(outgoing(delivery=delivery))
    reader = mailbox.Maildir(tmp_path)
    (key,) = reader.keys()
    message = reader[key]
    message.set_subdir("cur")
    message.add_flag("S")
    reader[key] = message
    assert (await provider.send(outgoing(delivery=delivery))).outcome is Outcome.ACCEPTED
    assert len(list((tmp_path / "new").iterdir())) == 0
    assert len(mailbox.Maildir(tmp_path)) == 1


async def test_a_disk_that_refuses_defers(tmp_path: Path) -> None:
    provider = FileProvider(tmp_path)
    (tmp_path / "new").rmdir()
    receipt = await provider.send(outgoing())
    assert receipt.outcome is Outcome.DEFERRED
    assert "No such file" in receipt.response
    with pytest.raises(Unavailable, match="can't be written to"):
        await provider.check()


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="Not a directory"):
        FileProvider(tmp_path / "file" / "mail")


async def test_says_where(tmp_path: Path) -> None:
    assert await FileProvider(tmp_path).check() == f"kept in {tmp_path}"
