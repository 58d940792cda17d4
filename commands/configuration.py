"""The configuration of a command: the environment, and what was given on the command line."""

from commands.secret import with_own_secret
from core import logs
from core.settings import Settings, load


def found() -> Settings:
    """From the environment alone. Raises `SettingsError`."""
    return load()


def configured(**given: str | int) -> Settings:
    """From the environment; what was given on the command line wins. Logs are written as it says from then on. Raises
    `SettingsError`."""
    settings = with_own_secret(found()).model_copy(update=given)
    logs.configure(settings)
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": f"http://{settings.host}:{settings.port}"})
