"""What a ticket may hold, wherever it is sent from."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from beanie import PydanticObjectId
from pydantic import AfterValidator, BeforeValidator, Field

from core.ids import ObjectIdText
from core.inputs import Text, each_once

LONGEST_MESSAGE: Final = 10_000
MOST_TAGS: Final = 20
MOST_ATTACHMENTS: Final = 5


def _tag(value: str) -> str:
    return " ".join(value.split()).casefold()


def split(value: Any) -> Any:
    """`open,pending` in a query string."""
    return value.split(",") if isinstance(value, str) else value


def _not_a_link(name: str) -> str:
    """Names are printed in mail, which goes to whoever's address was given."""
    if "://" in name or "www." in name.casefold():
        raise ValueError("must be a name, not a link")
    return name


Subject = Annotated[Text, Field(min_length=1, max_length=200)]
MessageText = Annotated[Text, Field(min_length=1, max_length=LONGEST_MESSAGE)]
PersonName = Annotated[Text, Field(max_length=120), AfterValidator(_not_a_link)]
Tag = Annotated[Text, Field(min_length=1, max_length=40), AfterValidator(_tag)]
TicketTags = Annotated[list[Tag], Field(max_length=MOST_TAGS), AfterValidator(each_once)]
AttachmentIds = Annotated[list[ObjectIdText], Field(max_length=MOST_ATTACHMENTS), AfterValidator(each_once)]
Ids = Annotated[
    list[ObjectIdText], BeforeValidator(split), Field(min_length=1, max_length=500), AfterValidator(each_once)
]


def object_ids(texts: Iterable[str]) -> list[PydanticObjectId]:
    return [PydanticObjectId(text) for text in texts]
