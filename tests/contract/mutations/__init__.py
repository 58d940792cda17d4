"""A valid request for every mutation: what has to exist, and what is sent.

Where a row of the contract does the same, its request in `tests/contract/requests` is the sample, in GraphQL's words.
Each group of domains has a file for the others, whose `SAMPLES` are joined here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from graphql import assert_input_object_type, get_named_type

from rest_compat.contract import Endpoint
from schema.fields import RootField, root_fields
from schema.root import SCHEMA
from tests.contract import requests
from tests.contract.mutations.documents import document_of, variables_of
from tests.contract.mutations.sample import Headers, Sample, Variables, the_owner
from tests.contract.requests.calling import APP, Caller
from tests.contract.rows import ROUTES, SERVED

MUTATIONS: Final = [field for field in root_fields(SCHEMA) if field.kind == "mutation"]
MODULES: Final = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
SAMPLES: Final[Mapping[str, Sample]] = {
    name: sample for module in MODULES for name, sample in getattr(module, "SAMPLES", {}).items()
}


def _rows() -> dict[str, Endpoint]:
    """By the mutation's name: a row that does the same, whose request can be put in the mutation's words."""
    rows: dict[str, Endpoint] = {}
    for endpoint in SERVED:
        calls = ROUTES[endpoint.name].calls
        field = next((one for one in MUTATIONS if one.calls is calls), None)
        if field and endpoint.method != "GET" and _fits(field, endpoint):
            rows.setdefault(field.name, endpoint)
    return rows


def _fits(field: RootField, endpoint: Endpoint) -> bool:
    """Both name as many things besides the app, and take a body with the same words, or none."""
    arguments, body = field.field.args, requests.request_of(endpoint).body
    in_path = endpoint.path.count("{") - ("{appId}" in endpoint.path)
    if in_path != len(arguments.keys() - {"input", "appId"}) or ("input" in arguments) is not (body is not None):
        return False
    if not isinstance(body, dict):
        return True
    words = assert_input_object_type(get_named_type(arguments["input"].type)).fields
    return all(name in arguments or name in words for name in body)


ROWS: Final = _rows()


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation's request, with all that it needs in place, and the headers of who may make it."""

    field: RootField
    variables: Variables
    headers: Headers

    @property
    def body(self) -> dict[str, Any]:
        return {"query": document_of(self.field), "variables": self.variables}


async def prepared(caller: Caller, field: RootField) -> Asked:
    if field.name in ROWS:
        return await _as_the_row(caller, field, ROWS[field.name])
    sample = SAMPLES[field.name]
    known = {"appId": APP, **await sample.needs(caller)}
    sent = sample.sent(known) if callable(sample.sent) else sample.sent
    return Asked(field, variables_of(field, known, sent), await sample.by(caller))


async def _as_the_row(caller: Caller, field: RootField, endpoint: Endpoint) -> Asked:
    """What an argument names is not in the input too."""
    call = await requests.prepared(caller, endpoint)
    data = {name: value for name, value in (call.body or {}).items() if name not in field.field.args}
    return Asked(field, variables_of(field, call.parameters, {"input": data}), await the_owner(caller))
