"""Every documented path of a served category is served, in both forms, by its own view."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from starlette.routing import Match

from rest_compat.contract import Category, Endpoint, contract
from rest_compat.routes import CATEGORIES
from rest_compat.routing import Served
from tests.contract.requests import request_of
from tests.contract.rows import ROUTES, ROWS_TO_COME, SERVED, SERVED_CATEGORIES, STILL_TO_COME, forms_of, name_of


def path_of(endpoint: Endpoint) -> str:
    """The path with values for its parameters."""
    values = request_of(endpoint).parameters
    return "/".join(
        values.get(part[1:-1], "0" * 24) if part.startswith("{") else part for part in endpoint.path.split("/")
    )


def test_the_contract_has_192_paths_in_30_categories() -> None:
    names = [endpoint.name for category in contract().categories for endpoint in category.endpoints]
    assert (len(set(names)), len(names), len(contract().categories)) == (192, 192, 30)


def test_served_and_still_to_come_make_up_the_contract() -> None:
    assert set(CATEGORIES) | set(STILL_TO_COME) == {category.name for category in contract().categories}


@pytest.mark.parametrize("category", SERVED_CATEGORIES, ids=lambda category: category.name)
def test_a_category_is_served_as_a_whole_in_the_documented_order(category: Category) -> None:
    served = [f"{route.method} {route.path}" for route in CATEGORIES[category.name]]
    documented = [endpoint.name for endpoint in category.endpoints]
    assert served == [name for name in documented if name not in ROWS_TO_COME]


@pytest.mark.parametrize("name", ROWS_TO_COME)
def test_a_row_to_come_is_documented_in_a_served_category_and_not_served(name: str) -> None:
    assert name in {endpoint.name for category in SERVED_CATEGORIES for endpoint in category.endpoints}
    assert name not in ROUTES


@pytest.mark.parametrize("endpoint", SERVED, ids=name_of)
class TestEveryRow:
    def test_reaches_its_own_view(self, endpoint: Endpoint, web_app: FastAPI) -> None:
        scope = {"type": "http", "method": endpoint.method, "path": path_of(endpoint).rstrip("/"), "headers": []}
        reached = next(route for route in web_app.routes if route.matches(scope)[0] is Match.FULL)
        assert isinstance(reached, Served)
        assert reached.row.view is ROUTES[endpoint.name].view

    async def test_answers_in_both_forms_without_a_redirect(self, endpoint: Endpoint, client: AsyncClient) -> None:
        answers = [await client.request(endpoint.method, path) for path in forms_of(path_of(endpoint))]
        statuses = {answer.status_code for answer in answers}
        route = ROUTES[endpoint.name]
        if (endpoint.auth and not route.access.public) or route.signed_by:
            assert statuses == {401}
        else:
            assert len(statuses) == 1
            assert statuses <= {200, 400, 404}
        assert all("Not Found" not in answer.text for answer in answers)
