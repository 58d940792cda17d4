"""A developer's secret: generated once and kept in the data folder, so that tokens survive a restart."""

import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from core.errors import SettingsError
from core.settings import DEVELOPMENT_SECRET, SHORTEST_SECRET, Settings

FILE: Final = "secret-key"
OWNER_ALONE: Final = 0o600


def with_own_secret(settings: Settings) -> Settings:
    """The settings themselves where SECRET_KEY is set; with a generated one otherwise (in development alone: production
    does not start without). Raises `SettingsError` when the kept one can't be read or is too short."""
    if settings.secret_key.get_secret_value() != DEVELOPMENT_SECRET:
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_kept(settings.data_folder / FILE))})


def _kept(file: Path) -> str:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _generate(file)
        secret = file.read_text().strip()
    except OSError as error:
        raise SettingsError(f"DATA_FOLDER: {file} can't be read or written: {error.strerror}") from None
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"SECRET_KEY: {file} holds no secret: delete it (everybody has to log in again)")
    return secret


def _generate(file: Path) -> None:
    """Written aside and linked into place: another process finds all of it or nothing."""
    if file.exists():
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=OWNER_ALONE)
    draft.write_text(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
