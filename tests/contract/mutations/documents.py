"""Mutations as documents and variables."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInputType, is_list_type, is_non_null_type

from schema.fields import RootField
from tests.contract.mutations.sample import Variables
from tests.contract.requests.calling import Parameters


def document_of(field: RootField) -> str:
    """The mutation, asking for no more than what went wrong."""
    arguments = field.field.args
    declared = ", ".join(f"${name}: {argument.type}" for name, argument in arguments.items())
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    head = f"mutation ({declared})" if declared else "mutation"
    return f"{head} {{ {field.name}{f'({passed})' if passed else ''} {{ __typename userErrors {{ message field }} }} }}"


def variables_of(field: RootField, known: Parameters, sent: Variables) -> Variables:
    """What is sent, and what else the arguments name."""
    values = {}
    for name, argument in field.field.args.items():
        if name in sent:
            values[name] = in_its_words(argument.type, sent[name])
        elif name in known:
            values[name] = known[name]
        elif is_non_null_type(argument.type):
            (values[name],) = [value for key, value in known.items() if key != "appId"]
    return values


def in_its_words(kind: GraphQLInputType, value: Any) -> Any:
    """Values of enums have other names in REST. One value stands for a list of one."""
    if is_non_null_type(kind):
        return in_its_words(kind.of_type, value)
    if value is None:
        return None
    if is_list_type(kind):
        return [in_its_words(kind.of_type, item) for item in (value if isinstance(value, list) else [value])]
    if isinstance(kind, GraphQLEnumType):
        return _name_in(kind, lambda name, meant: value in (meant, getattr(meant, "value", meant), name))
    if isinstance(kind, GraphQLInputObjectType):
        return {name: in_its_words(kind.fields[name].type, item) for name, item in value.items()}
    return value


def _name_in(kind: GraphQLEnumType, is_meant: Callable[[str, Any], bool]) -> str:
    return next(str(name) for name, value in kind.values.items() if is_meant(name, value.value))
