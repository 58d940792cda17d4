"""Mail into a folder, for development: a Maildir, which any mail reader opens (`mutt -f .data/mail`)."""

import asyncio
import os
from pathlib import Path
from typing import Final
from uuid import uuid4

from mail.message import Outgoing
from mail.providers import Outcome, Receipt, Unavailable

PARTS: Final = ("tmp", "new", "cur")


class FileProvider:
    """A message's file is named for its delivery: given again, it replaces itself, or is left where a reader put it."""

    name = "file"
    repeatable = True
    at_once = 8

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is missing. Raises `Unavailable`."""
        self._folder = folder
        try:
            for part in PARTS:
                (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{folder}: {error.strerror}") from None

    async def send(self, message: Outgoing) -> Receipt:
        name = str(message.delivery)
        try:
            await asyncio.to_thread(self._keep, name, message.content)
        except OSError as error:
            return Receipt(Outcome.DEFERRED, f"{self._folder}: {error.strerror}")
        return Receipt(Outcome.ACCEPTED, f"Kept in {self._folder}", provider_id=name)

    async def check(self) -> str:
        if not all(os.access(self._folder / part, os.W_OK) for part in PARTS):
            raise Unavailable(f"{self._folder} can't be written to")
        return f"kept in {self._folder}"

    async def close(self) -> None:
        """Holds nothing open."""

    def _keep(self, name: str, content: bytes) -> None:
        """On the disk when it returns: written whole beside the mail, then moved there."""
        if any((self._folder / "cur").glob(f"{name}*")):
            return
        written = self._folder / "tmp" / f"{name}.{uuid4().hex}"
        with written.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(self._folder / "new" / name)
        folder = os.open(self._folder / "new", os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
