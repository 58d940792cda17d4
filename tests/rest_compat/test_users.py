"""Staff, over REST."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import a_user, logged_in

USERS = "/users/"
NEWCOMER = {"email": "ada@example.com", "password": "a long enough one", "firstName": "Ada", "role": "support"}


async def test_somebody_is_added_changed_and_deactivated(client: AsyncClient) -> None:
    owner = await logged_in()
    created = await client.post(USERS, json=NEWCOMER, headers=owner)
    assert (created.status_code, created.json()["message"]) == (201, "User created")
    user = created.json()["data"]
    assert not any("password" in name.lower() for name in user)
    path = USERS + user["_id"]
    assert (await client.get(path, headers=owner)).json()["data"] == user
    changed = await client.patch(path, json={"lastName": "Lovelace"}, headers=owner)
    assert (changed.json()["data"]["firstName"], changed.json()["data"]["lastName"]) == ("Ada", "Lovelace")
    password = await client.patch(f"{path}/password", json={"newPassword": "another long one"}, headers=owner)
    assert password.json() == {"success": True, "message": "Password changed"}
    assert (await client.delete(path, headers=owner)).json()["success"] is True
    assert (await client.delete(path, headers=owner)).status_code == 404


async def test_pages_meet(client: AsyncClient) -> None:
    viewer = await logged_in(Role.VIEWER)
    for letter in "abc":
        await a_user(Role.SUPPORT, email=f"{letter}@example.com")
    pages = [
        (await client.get(f"{USERS}?role=support&sort=-email&limit=2&page={number}", headers=viewer)).json()
        for number in (1, 2, 3)
    ]
    assert [[user["email"][0] for user in page["data"]] for page in pages] == [["c", "b"], ["a"], []]
    assert pages[2]["pagination"] == {"page": 3, "limit": 2, "total": 3, "pages": 2}


async def test_a_viewer_adds_nobody(client: AsyncClient) -> None:
    assert (await client.post(USERS, json=NEWCOMER, headers=await logged_in(Role.VIEWER))).status_code == 403
    assert (await client.post(USERS, json=NEWCOMER)).status_code == 401


async def test_a_taken_address_is_a_409(client: AsyncClient) -> None:
    await a_user(email="ADA@example.com")
    response = await client.post(USERS, json=NEWCOMER, headers=await logged_in())
    assert (response.status_code, response.json()["success"]) == (409, False)


async def test_an_unknown_user_is_a_404(client: AsyncClient) -> None:
    response = await client.get(f"{USERS}{'0' * 24}", headers=await logged_in())
    assert (response.status_code, response.json()) == (404, {"success": False, "error": "User not found"})
