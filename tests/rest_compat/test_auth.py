"""Logging in, over REST."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import PASSWORD, a_user, logged_in

LOGIN = "/auth/login"


async def test_a_login_gives_a_token_that_opens_the_rest(client: AsyncClient) -> None:
    user = await a_user(Role.SUPPORT)
    response = await client.post(LOGIN, json={"email": user.email, "password": PASSWORD})
    assert response.status_code == 200
    shown = {"id": str(user.id), "email": user.email, "name": "Support Example", "role": "support"}
    assert response.json()["user"] == shown
    headers = {"Authorization": f"Bearer {response.json()['token']}"}
    assert (await client.get("/auth/me", headers=headers)).json() == {"success": True, "user": shown}
    refreshed = await client.post("/auth/refresh", headers=headers)
    assert refreshed.json()["token"] != response.json()["token"]


async def test_a_password_is_hashed_for_a_developer(client: AsyncClient) -> None:
    response = await client.post("/auth/hash-password", json={"password": "a long enough one"})
    assert response.json()["hash"].startswith("$2b$")


async def test_nobody_is_not_somebody(client: AsyncClient) -> None:
    for response in (await client.get("/auth/me"), await client.post("/auth/refresh")):
        assert (response.status_code, response.json()["success"]) == (401, False)
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_password_is_a_401_and_the_eleventh_a_429(client: AsyncClient) -> None:
    user = await a_user()
    body = {"email": user.email, "password": "wrong"}
    answers = [await client.post(LOGIN, json=body) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_what_is_no_address_is_a_400(client: AsyncClient) -> None:
    response = await client.post(LOGIN, json={"email": {"$ne": None}, "password": "x"}, headers=await logged_in())
    assert response.status_code == 400
    assert response.json()["error"].startswith("email: ")
