"""Where requests may go that people configure: the part of the configuration that `Settings` inherits."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode

from core.inputs import origin_of

SLACK: Final = "https://hooks.slack.com"


class OutgoingSettings(BaseSettings):
    slack_origins: Annotated[tuple[str, ...], NoDecode] = (SLACK,)
    """Where Slack's webhooks may be, separated by commas: GovSlack, or a service inside that speaks like Slack. Origins
    other than Slack's are vouched for by whoever sets them: they may be private addresses."""

    @field_validator("slack_origins", mode="before")
    @classmethod
    def _are_origins(cls, value: object) -> object:
        return tuple(origin_of(part.strip()) for part in value.split(",")) if isinstance(value, str) else value

    @property
    def trusted_slack_origins(self) -> tuple[str, ...]:
        return tuple(origin for origin in self.slack_origins if origin != SLACK)

    def outgoing_problems(self, *, production: bool) -> Iterator[str]:
        """Each a sentence that names the variable."""
        if production and not all(origin.startswith("https://") for origin in self.slack_origins):
            yield "SLACK_ORIGINS must begin with https://"
