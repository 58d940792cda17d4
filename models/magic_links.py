"""Links and codes with which people sign in to an app without a password."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core import clock
from models.base import Stored

VALID: Final = timedelta(minutes=15)
MOST_ATTEMPTS: Final = 5
"""How often a code may be tried before the request is dead."""
TOLD_OF: Final = timedelta(days=1)
"""How long the page behind a link can still say that it has expired or was used."""


class MagicLink(Stored):
    """A request to sign in, which works once. `digest` is the SHA-256 of the link's token, `code_digest` a keyed hash
    of the code: a million codes are tried in no time by whoever needs no key.

    `language` and `shop_domain` are what the app's backend knows of the person.
    """

    app_id: str
    email: str
    email_key: str
    digest: str = Field(repr=False)
    code_digest: str = Field(repr=False)
    redirect_url: str | None = None
    language: str | None = None
    shop_domain: str | None = None
    expires_at: datetime
    attempts: int = 0
    used_at: datetime | None = None

    @property
    def mail_source(self) -> str:
        """The occasion of the mail that it goes out with."""
        return f"magic-link:{self.id}"

    @property
    def is_over(self) -> bool:
        """Whether its time is, or its attempts are."""
        return self.expires_at <= clock.now() or self.attempts >= MOST_ATTEMPTS

    class Settings:
        name = "magic_links"
        indexes: ClassVar[list[Any]] = [
            IndexModel([("digest", ASCENDING)], unique=True),
            IndexModel([("appId", ASCENDING), ("emailKey", ASCENDING), ("createdAt", DESCENDING)]),
            IndexModel([("emailKey", ASCENDING)]),
            IndexModel([("expiresAt", ASCENDING)], expireAfterSeconds=int(TOLD_OF.total_seconds())),
        ]
