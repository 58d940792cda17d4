"""What a template is made of, as clients send it."""

from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from core.ids import Handle
from core.inputs import OMITTED, Input, JsonObject, Locale, Name, ShortText, Text, Verbatim, problems_of
from mail.limits import MAX_SOURCE

MOST_VARIABLES: Final = 100
LARGEST_VARIABLES: Final = 64_000
"""Bytes of all variables, as JSON."""
LONGEST_KEY: Final = 64
LONGEST_NAME: Final = 120
RESERVED: Final = frozenset({"loop", "range", "self", "unsubscribe_url", "true", "false", "none"})
"""Names that mean something in every template."""

_OBJECT: Final = TypeAdapter[dict[str, Any]](JsonObject)


def _is_free(name: str) -> str:
    if name.lower() in RESERVED:
        raise ValueError(f"{name} means something in every template: choose another name")
    return name


def _is_plain(value: Any) -> Any:
    """What JSON can hold, within bounds."""
    try:
        return _OBJECT.validate_python({"value": value})["value"]
    except ValidationError as error:
        raise ValueError(problems_of(error.errors())[0].message) from None


def _as_objects(value: Any) -> Any:
    """Names alone, and names with their defaults, are understood too."""
    if isinstance(value, dict):
        return [{"name": name, "default": default} for name, default in value.items()]
    if isinstance(value, list):
        return [{"name": item} if isinstance(item, str) else item for item in value]
    return value


class TemplateVariable(Input):
    """What the template may be given. Without a default, the value has to be given; `sample` stands for it in previews
    and trials."""

    name: Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]*$", max_length=64), AfterValidator(_is_free)]
    description: ShortText = ""
    default: Annotated[Any, AfterValidator(_is_plain)] | None = None
    sample: Annotated[Any, AfterValidator(_is_plain)] | None = None


def _fit_together(variables: list[TemplateVariable]) -> list[TemplateVariable]:
    names = [variable.name for variable in variables]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"must not name {twice[0]} twice")
    if len(orjson.dumps([variable.model_dump() for variable in variables])) > LARGEST_VARIABLES:
        raise ValueError(f"must have at most {LARGEST_VARIABLES:,} bytes together")
    return variables


Category = Annotated[Text, Field(min_length=1, max_length=60)]
Subject = Annotated[Text, Field(min_length=1, max_length=500)]
Source = Annotated[Annotated[Verbatim, Field(max_length=MAX_SOURCE)] | None, AfterValidator(lambda text: text or None)]
"""Lines are told as its author counts them."""
Variables = Annotated[
    list[TemplateVariable],
    Field(max_length=MOST_VARIABLES),
    BeforeValidator(_as_objects),
    AfterValidator(_fit_together),
]
ExpectedVersion = Annotated[int, Field(ge=1, lt=2**31)]


class TemplateCreate(Input):
    """`name` is the key, and `language` the app's, where they are left out."""

    key: Handle
    name: Annotated[Text, Field(max_length=LONGEST_NAME)] = ""
    language: Locale | None = None
    category: Category = "general"
    subject: Subject
    html: Source = None
    text: Source = None
    variables: Variables = Field(default_factory=list)
    is_active: bool = True


class TemplateReplace(TemplateCreate):
    """`expectedVersion` is the version that the new template was made from: where there is another by now, it is a
    conflict."""

    expected_version: ExpectedVersion | None = None


class TemplateUpdate(Input):
    """`expectedVersion` is the version that was changed: where there is another by now, it is a conflict."""

    key: Handle = OMITTED
    name: Name = OMITTED
    language: Locale = OMITTED
    category: Category = OMITTED
    subject: Subject = OMITTED
    html: Source = OMITTED
    text: Source = OMITTED
    variables: Variables = OMITTED
    is_active: bool = OMITTED
    expected_version: ExpectedVersion | None = OMITTED
