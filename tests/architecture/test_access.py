"""Every operation says who may call it, once, on itself."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from core.access import access_of
from core.scopes import Scope
from tests.architecture.project import resolver_modules

BEFORE_ANY_OPERATION: Final = {"resolvers.authentication", "resolvers.idempotency"}
"""They serve the edges before an operation is reached: who calls, and whether this very request was answered."""

SCOPING: Final = "visible_"
"""How the functions are named through which operations reach what an actor can see; they are not operations."""


def public_functions() -> Iterator[Callable[..., Any]]:
    for module in resolver_modules():
        if module.__name__ not in BEFORE_ANY_OPERATION:
            for name, value in vars(module).items():
                is_own = inspect.isfunction(value) and value.__module__ == module.__name__
                if is_own and not name.startswith("_"):
                    yield value


def takes_an_actor(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), None) == "actor"


def is_asynchronous(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


OPERATIONS: Final = [
    function
    for function in public_functions()
    if is_asynchronous(function) and takes_an_actor(function) and not function.__name__.startswith(SCOPING)
]
by_name = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.__module__}.{one.__name__}")


@by_name
def test_an_operation_declares_who_may_call_it(operation: Callable[..., Any]) -> None:
    assert hasattr(operation, "__access__"), "decorate it with @allow or @allow_all"


@by_name
def test_scopes_of_api_keys_are_from_the_list(operation: Callable[..., Any]) -> None:
    scope = access_of(operation).api_key
    assert scope is None or scope in set(Scope)


def test_every_scope_opens_something() -> None:
    assert set(Scope) <= {access_of(operation).api_key for operation in OPERATIONS}
