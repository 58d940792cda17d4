"""What a view of REST takes, as one flat object: what stands in its path, in its query and in its body."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from fastapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.requests import Request

from core.actor import Actor
from core.errors import InvalidInput
from core.inputs import invalid_input
from rest_compat.edge import Listing
from rest_compat.uploads import Files, Upload

Json = dict[str, Any]

APP_ID: Final = "The app's id, such as banners-all-over"
NAMED: Final = frozenset({"properties", "$defs"})
"""Where the keys of a schema are names of its author's."""


class _PathParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass(slots=True)
class _Parameters:
    """A view's parameters by where their values come from."""

    actor: str | None = None
    path: dict[str, str] = field(default_factory=dict)
    query: tuple[str, type[BaseModel]] | None = None
    body: tuple[str, type[BaseModel]] | None = None
    needs_body: bool = False
    files: str | None = None
    needs_request: bool = False
    needs_file: bool = False


class Arguments:
    """Reads a view's parameters from one JSON object, by the same models as REST does."""

    def __init__(self, view: Callable[..., Any]) -> None:
        self._parameters = _parameters_of(view)
        fields: dict[str, Any] = dict.fromkeys(self._parameters.path.values(), (str, ...))
        self._path = create_model("Path", __base__=_PathParameters, **fields)
        self.schema: Final = self._schema()

    @property
    def needs_http(self) -> bool:
        """The view reads the request itself, or a file that came with it: nothing that an object of JSON has."""
        parameters = self._parameters
        only_files = parameters.files is not None and parameters.body is None
        return parameters.needs_request or parameters.needs_file or only_files

    def bound(self, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
        """The view's arguments. Raises `InvalidInput` naming the fields."""
        parameters = self._parameters
        check_text(given)
        if unknown := next((name for name in given if name not in self.schema["properties"]), None):
            raise InvalidInput(f"{unknown}: is not a known field", unknown)
        taken = set(parameters.path.values())
        bound: dict[str, Any] = {} if parameters.actor is None else {parameters.actor: actor}
        try:
            path = self._path.model_validate({name: given[name] for name in taken if name in given})
            bound |= {name: getattr(path, alias) for name, alias in parameters.path.items()}
            if parameters.body is not None:
                name, model = parameters.body
                values = {key: given[key] for key in _names(model) - taken if key in given}
                taken |= _names(model)
                is_given = values or parameters.needs_body
                bound[name] = model.model_validate_json(json.dumps(values)) if is_given else None
            if parameters.query is not None:
                name, model = parameters.query
                # In a query string there is no null.
                values = {key: given[key] for key in _names(model) - taken if given.get(key) is not None}
                bound[name] = model.model_validate(values)
        except ValidationError as error:
            raise invalid_input(error) from None
        if parameters.files is not None:
            bound[parameters.files] = Files()
        return bound

    def _schema(self) -> Json:
        """JSON Schema of the object; of two parts that have a field of one name, the earlier describes it."""
        properties: Json = {alias: {"type": "string"} for alias in self._parameters.path.values()}
        if "appId" in properties:
            properties["appId"]["description"] = APP_ID
        required = list(properties)
        definitions: Json = {}
        for part, is_needed in ((self._parameters.body, self._parameters.needs_body), (self._parameters.query, True)):
            if part is None:
                continue
            described = untitled(part[1].model_json_schema(by_alias=True, mode="validation"))
            new = {name: one for name, one in described.get("properties", {}).items() if name not in properties}
            if issubclass(part[1], Listing):
                _describe_sorting(new, part[1])
            properties |= new
            definitions |= described.get("$defs", {})
            required += [name for name in described.get("required", ()) if name in new and is_needed]
        schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        return schema | ({"required": required} if required else {}) | ({"$defs": definitions} if definitions else {})


def check_text(given: Mapping[str, Any]) -> None:
    """Raises `InvalidInput` for text that can't be written down: JSON can hold half of a character, UTF-8 can't."""
    try:
        json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInput("A text has half of a character (a lone surrogate)") from None


def untitled(schema: Any) -> Any:
    """Without the titles that Pydantic makes of names: a third of the text, and nothing that the names do not say."""
    if isinstance(schema, list):
        return [untitled(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: untitled(one) for name, one in value.items()} if key in NAMED else untitled(value)
        for key, value in schema.items()
        if key != "title"
    }


def _describe_sorting(properties: Json, listing: type[Listing]) -> None:
    names = ", ".join(key.value for key in listing.sort_keys)
    properties["sort"]["description"] = f"One of {names}; with - before it for descending"


def _names(model: type[BaseModel]) -> set[str]:
    """Of its fields, as clients write them."""
    return {info.alias or name for name, info in model.model_fields.items()}


def _parameters_of(view: Callable[..., Any]) -> _Parameters:
    found = _Parameters()
    hints = get_type_hints(view, include_extras=True)
    hints.pop("return", None)
    for name, hint in hints.items():
        kind, *metadata = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        path = next((marker for marker in metadata if isinstance(marker, Path)), None)
        if path is not None:
            found.path[name] = str(path.alias)
        elif any(isinstance(marker, Query) for marker in metadata):
            found.query = name, kind
        elif kind is Actor:
            found.actor = name
        elif kind is Request:
            found.needs_request = True
        elif kind is Upload:
            found.needs_file = True
        elif kind is Files:
            found.files = name
        else:
            found.needs_body = get_origin(kind) not in (Union, UnionType)
            found.body = name, next(one for one in (get_args(kind) or (kind,)) if one is not NoneType)
    return found
