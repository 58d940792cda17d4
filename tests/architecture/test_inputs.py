"""GraphQL inputs have the shape of the models that have the rules.

`ShopUpdateInput` mirrors the model `ShopUpdate`, which a resolver module declares; an object within one, such as
`UserProfileInput`, has a model of the same name.
"""

from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import pytest
from graphql import GraphQLInputObjectType
from pydantic.fields import FieldInfo
from strawberry.types.base import StrawberryMaybe, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from core.inputs import Input
from schema.root import SCHEMA
from tests.architecture.project import resolver_modules

MODELS: Final[dict[str, type[Input]]] = {
    name: model
    for module in resolver_modules()
    for name, model in vars(module).items()
    if isinstance(model, type) and issubclass(model, Input)
}
INPUTS: Final[list[StrawberryObjectDefinition]] = [
    graphql_type.extensions["strawberry-definition"]
    for graphql_type in SCHEMA._schema.type_map.values()
    if isinstance(graphql_type, GraphQLInputObjectType)
]

Facts = tuple[bool, bool]
"""Whether a field is required, and whether it may be null."""


def model_of(definition: StrawberryObjectDefinition) -> type[Input]:
    name = definition.name
    model = MODELS.get(name.removesuffix("Input"), MODELS.get(name))
    assert model is not None, f"no resolver module has a model {name.removesuffix('Input')} or {name}"
    return model


def facts_of_input(field: StrawberryField) -> Facts:
    if isinstance(field.type, StrawberryMaybe):
        return False, isinstance(field.type.of_type, StrawberryOptional)
    return True, isinstance(field.type, StrawberryOptional)


def facts_of_model(field: FieldInfo) -> Facts:
    return field.is_required(), _allows_none(field.annotation)


def _allows_none(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)


@pytest.mark.parametrize("definition", INPUTS, ids=lambda definition: definition.name)
def test_an_input_mirrors_its_model(definition: StrawberryObjectDefinition) -> None:
    mirrored = {to_camel_case(field.python_name): facts_of_input(field) for field in definition.fields}
    model = model_of(definition)
    assert mirrored == {field.alias or name: facts_of_model(field) for name, field in model.model_fields.items()}
