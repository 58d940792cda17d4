"""Staff, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import a_user, logged_in
from tests.schema.asking import ask, error_of

CREATE = """
mutation ($input: UserCreateInput!) {
  userCreate(input: $input) {
    user { id email name role isActive settings { theme notifications { email push } } } userErrors { code field }
  }
}
"""
NEWCOMER = {"email": "ada@example.com", "password": "a long enough one", "firstName": "Ada", "role": "SUPPORT"}


async def test_somebody_is_added_changed_and_deactivated(client: AsyncClient) -> None:
    owner = await logged_in()
    created = (await ask(client, owner, CREATE, input=NEWCOMER | {"settings": {"theme": "dark"}}))["userCreate"]
    identity = created["user"].pop("id")
    assert created["user"] == {
        "email": "ada@example.com",
        "name": "Ada",
        "role": "SUPPORT",
        "isActive": True,
        "settings": {"theme": "dark", "notifications": {"email": True, "push": False}},
    }
    query = """mutation ($id: ID!) {
      userUpdate(id: $id, input: {lastName: "Lovelace"}) { user { name profile { language } } }
      userPasswordChange(id: $id, input: {newPassword: "another long one"}) { userErrors { code } }
      userDeactivate(id: $id) { user { isActive } } }"""
    assert await ask(client, owner, query, id=identity) == {
        "userUpdate": {"user": {"name": "Ada Lovelace", "profile": {"language": "en"}}},
        "userPasswordChange": {"userErrors": []},
        "userDeactivate": {"user": {"isActive": False}},
    }


async def test_staff_are_listed_by_windows_that_meet(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    for letter in "abcde":
        await a_user(Role.SUPPORT, email=f"{letter}@example.com")
    query = """query ($after: String) {
      users(first: 2, after: $after, sortKey: EMAIL, filter: {role: SUPPORT}) {
        nodes { email } pageInfo { hasNextPage endCursor } totalCount } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await ask(client, viewer, query, after=after))["users"]
        seen += [node["email"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert page["totalCount"] == 5
    assert seen == [f"{letter}@example.com" for letter in "abcde"]


async def test_a_viewer_adds_nobody(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(Role.VIEWER), CREATE, input=NEWCOMER) == "FORBIDDEN"


async def test_a_taken_address_is_a_user_error(client: AsyncClient) -> None:
    await a_user(email="ADA@example.com")
    created = (await ask(client, await logged_in(), CREATE, input=NEWCOMER))["userCreate"]
    assert created == {"user": None, "userErrors": [{"code": "CONFLICT", "field": ["email"]}]}


async def test_an_unknown_user_is_not_found(client: AsyncClient) -> None:
    assert await error_of(client, await logged_in(), '{ user(id: "nobody") { id } }') == "NOT_FOUND"
