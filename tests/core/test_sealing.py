"""Secrets at rest."""

from pydantic import SecretStr

from core.sealing import opened, sealed
from core.settings import Settings

FIRST = Settings(secret_key=SecretStr("the first secret of the platform, long enough"))
SECOND = Settings(secret_key=SecretStr("the second secret of the platform, long enough"))
ROTATED = SECOND.model_copy(update={"previous_secret_keys": (FIRST.secret_key,)})


def test_what_was_sealed_is_opened_and_looks_like_nothing() -> None:
    box = sealed(FIRST, "tests", b"a secret", "banners")
    assert b"secret" not in box
    assert box != sealed(FIRST, "tests", b"a secret", "banners")
    assert opened(FIRST, "tests", box, "banners") == b"a secret"


def test_the_key_before_still_opens() -> None:
    box = sealed(FIRST, "tests", b"a secret", "banners")
    assert opened(ROTATED, "tests", box, "banners") == b"a secret"
    assert opened(SECOND, "tests", box, "banners") is None


def test_moved_to_another_place_or_purpose_it_stays_shut() -> None:
    box = sealed(FIRST, "tests", b"a secret", "banners")
    assert opened(FIRST, "tests", box, "reviews") is None
    assert opened(FIRST, "other", box, "banners") is None
    assert opened(FIRST, "tests", box[:-1] + bytes([box[-1] ^ 1]), "banners") is None
