"""Documents to JSON objects, as a wire model declares them, without building the model, in a third of the time."""

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainSerializer
from pydantic.fields import FieldInfo

Row = dict[str, Any]
Convert = Callable[[Any], Any]


@cache
def row_of(wire: type[BaseModel]) -> Callable[[Any], Row]:
    """A function from an object with the wire's attributes to the JSON object that the wire documents.

    It is compiled from one expression, such as `{"_id": c0(s.id), "email": s.email}`, as dataclasses compile
    `__init__`: what it is made of are the names of declared fields alone.
    """
    conversions: dict[str, Convert] = {}
    entries = []
    for number, (name, info) in enumerate(wire.model_fields.items()):
        value = f"s.{name}"
        if (convert := _conversion(info)) is not None:
            conversions[f"c{number}"] = convert
            value = f"(None if (v := {value}) is None else c{number}(v))"
        entries.append(f"{info.serialization_alias or name!r}: {value}")
    row: Callable[[Any], Row] = eval(f"lambda s: {{{', '.join(entries)}}}", conversions)  # noqa: S307
    return row


def _conversion(info: FieldInfo) -> Convert | None:
    for metadata in info.metadata:
        if isinstance(metadata, PlainSerializer | BeforeValidator):
            return metadata.func  # type: ignore[return-value]
    return _conversion_of(info.annotation)


def _conversion_of(annotation: Any) -> Convert | None:
    """None where orjson writes the value as it is: texts, numbers, enums."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        return _conversion_of(inner)
    if origin is Annotated:
        return _conversion(FieldInfo.from_annotation(annotation))
    if origin is list:
        convert = _conversion_of(arguments[0])
        return None if convert is None else lambda items: [convert(item) for item in items]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return row_of(annotation)
    return None
