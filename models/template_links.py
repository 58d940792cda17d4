"""The links of templates that are tracked."""

from typing import Any, ClassVar

from beanie import PydanticObjectId
from pydantic import Field

from models.base import Record


class TemplateLinks(Record):
    """Every address that a tracked link of the template `id` ever led to: the first is link number 1. Addresses are
    added and never taken away, so that the links of mail that was sent lead on where they led when it was."""

    id: PydanticObjectId = Field(alias="_id")
    links: list[str] = Field(default_factory=list)

    class Settings:
        name = "template_links"
        indexes: ClassVar[list[Any]] = []
