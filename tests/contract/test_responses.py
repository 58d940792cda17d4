"""A real call of every served row answers with the documented status, keys and kinds."""

import pytest

from rest_compat.contract import Endpoint
from tests.contract.requests import prepared, request_of
from tests.contract.requests.calling import Caller
from tests.contract.rows import ROUTES, SERVED, name_of
from tests.contract.shapes import differences


@pytest.mark.parametrize("endpoint", SERVED, ids=name_of)
async def test_a_valid_request_gets_the_documented_answer(endpoint: Endpoint, caller: Caller) -> None:
    response = await (await prepared(caller, endpoint)).send()
    assert response.status_code == (endpoint.success or ROUTES[endpoint.name].status), response.text
    shape = endpoint.responses.get(response.status_code, {})
    if shape != "text":
        request = request_of(endpoint)
        unknown = [f"{where}: documented as string, is null" for where in request.unknown]
        unknown += [f"{where}: empty" for where in request.empty]
        assert list(differences(response.json(), shape)) == unknown
