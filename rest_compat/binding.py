"""What a view is called with, read from the request by the types of its parameters.

FastAPI describes the same parameters in OpenAPI. Reading them here takes a third of the time, names every wrong field
in one 400, and checks who calls before anything is read.
"""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints

from fastapi.params import Path, Query
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import invalid_input
from rest_compat.uploads import JSON, Body, Files, Form, Upload, media_type_of

Reader = Callable[[Request, Actor, Body], Any]

GIVEN: Final[dict[Any, Reader]] = {
    Actor: lambda request, actor, body: actor,
    Request: lambda request, actor, body: request,
    Upload: lambda request, actor, body: body,
    Files: lambda request, actor, body: body.files if isinstance(body, Form) else Files(),
}
"""What a view may ask for besides what the caller sent."""


def binder(view: Callable[..., Any]) -> Callable[[Request, Actor, Body], dict[str, Any]]:
    """A function from a request to the view's arguments. Raises `InvalidInput` naming the fields."""
    hints = get_type_hints(view, include_extras=True)
    hints.pop("return", None)
    readers = tuple((name, _reader(hint)) for name, hint in hints.items())
    reads_query = any(
        hint is Request or any(isinstance(marker, Query) for marker in get_args(hint)) for hint in hints.values()
    )
    reads_body = body_model_of(view) is not None

    def bind(request: Request, actor: Actor, body: Body) -> dict[str, Any]:
        if not reads_query and request.url.query:
            name = next(iter(request.query_params), "")
            raise InvalidInput(f"{name}: is not a known field", name)
        if isinstance(body, Form) and body.fields and not reads_body:
            name = body.fields[0][0]
            raise InvalidInput(f"{name}: is not a known field", name)
        return {name: read(request, actor, body) for name, read in readers}

    return bind


def _reader(hint: Any) -> Reader:
    kind, *metadata = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    for marker in metadata:
        if isinstance(marker, Path):
            return _path_parameter(str(marker.alias))
        if isinstance(marker, Query):
            return _query(kind)
    if kind in GIVEN:
        return GIVEN[kind]
    if get_origin(kind) in (Union, UnionType):
        return _optional_body(next(model for model in get_args(kind) if model is not NoneType))
    return _body(kind)


def _path_parameter(name: str) -> Reader:
    return lambda request, actor, body: request.path_params[name]


def _query(model: type[BaseModel]) -> Reader:
    def read(request: Request, actor: Actor, body: Body) -> BaseModel:
        values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in values:
                raise InvalidInput(f"{name}: is given twice", name)
            values[name] = value
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise invalid_input(error) from None

    return read


def _optional_body(model: type[BaseModel]) -> Reader:
    """Nothing where nothing was sent."""
    read = _body(model)
    return lambda request, actor, body: read(request, actor, body) if body else None


def _body(model: type[BaseModel]) -> Reader:
    """From JSON, or from the fields of a form where the row takes one."""

    def read(request: Request, actor: Actor, body: Body) -> BaseModel:
        try:
            if isinstance(body, Form):
                return model.model_validate(_values(model, body))
            if media_type_of(request) != JSON:
                raise InvalidInput(f"The body must be JSON, with Content-Type: {JSON}")
            return model.model_validate_json(cast(bytes, body))
        except ValidationError as error:
            raise invalid_input(error) from None

    return read


def _values(model: type[BaseModel], form: Form) -> dict[str, str | list[str]]:
    """A field that is a list is given several times; one that was left empty is not given."""
    lists = {info.alias or name for name, info in model.model_fields.items() if _is_list(info.annotation)}
    values: dict[str, str | list[str]] = {}
    for name, value in form.fields:
        if name in lists:
            values[name] = [*values.get(name, []), value]
        elif name in values:
            raise InvalidInput(f"{name}: is given twice", name)
        elif value:
            values[name] = value
    return values


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in (Annotated, Union, UnionType):
        return any(_is_list(argument) for argument in get_args(annotation))
    return get_origin(annotation) is list


def body_model_of(view: Callable[..., Any]) -> type[BaseModel] | None:
    """What a view reads from the body; None where that is nothing."""
    hints = get_type_hints(view, include_extras=True)
    hints.pop("return", None)
    return next((hint for hint in hints.values() if isinstance(hint, type) and issubclass(hint, BaseModel)), None)
