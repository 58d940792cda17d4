"""Credentials that are forged, mixed up, or sent where none belong."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import jwt
import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from core import clock
from core.actor import Role
from core.runtime import runtime
from models.users import User
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.people import a_user, bearer
from tests.fuzz.raw import send

Claims = dict[str, Any]
Forge = Callable[[Claims, dict[str, Any], bytes], str]
APP: Final = "banners"
OTHER_PURPOSE: Final = "idempotency"


def token_of(user: User) -> str:
    return bearer(user)["Authorization"].removeprefix("Bearer ")


def signed(claims: Claims, header: dict[str, Any], key: bytes, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm, headers={name: header[name] for name in ("typ", "kid") if name in header})


def unsigned(claims: Claims, header: dict[str, Any]) -> str:
    """As any client could write it: PyJWT itself does not."""
    parts = (json.dumps(part).encode() for part in (header | {"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


FORGERIES: Final[Mapping[str, Forge]] = {
    "without a signature": lambda claims, header, key: unsigned(claims, header),
    "with another algorithm": lambda claims, header, key: signed(claims, header, key, "HS512"),
    "with the key of another purpose": lambda claims, header, key: signed(
        claims, header, runtime().settings.key(OTHER_PURPOSE)
    ),
    "for end users": lambda claims, header, key: signed(claims | {"aud": "end_user"}, header, key),
    "for everybody": lambda claims, header, key: signed(claims | {"aud": ["staff", "end_user"]}, header, key)[:-2],
    "by another issuer": lambda claims, header, key: signed(claims | {"iss": "evil"}, header, key),
    "of another type": lambda claims, header, key: signed(claims, header | {"typ": "JWT"}, key),
    "with an unknown key id": lambda claims, header, key: signed(claims, header | {"kid": "00000000"}, key),
    "with a path for a key id": lambda claims, header, key: signed(claims, header | {"kid": "../../dev/null"}, key),
    "that has expired": lambda claims, header, key: signed(claims | {"exp": claims["iat"] - 1}, header, key),
    "of the version before": lambda claims, header, key: signed(claims | {"ver": claims["ver"] - 1}, header, key),
    "of nobody": lambda claims, header, key: signed(claims | {"sub": "0" * 24}, header, key),
    "of an operator": lambda claims, header, key: signed(claims | {"sub": '{"$ne": null}'}, header, key),
    **{
        f"without {claim}": lambda claims, header, key, claim=claim: signed(  # type: ignore[misc]  # mypy: a default in a lambda
            {name: value for name, value in claims.items() if name != claim}, header, key
        )
        for claim in ("sub", "iss", "aud", "exp", "iat", "jti", "ver", "auth_time")
    },
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_is_refused(forgery: str, client: AsyncClient) -> None:
    genuine = token_of(await a_user())
    claims: Claims = jwt.decode(genuine, options={"verify_signature": False})
    forged = FORGERIES[forgery](claims, jwt.get_unverified_header(genuine), runtime().settings.key("jwt"))
    response = await client.get("/auth/me", headers={"Authorization": f"Bearer {forged}"})
    assert (response.status_code, response.json()["success"]) == (401, False)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_signed_as_ours_are_is_accepted(client: AsyncClient) -> None:
    """So that the forgeries are refused for what is wrong with them."""
    genuine = token_of(await a_user())
    claims = jwt.decode(genuine, options={"verify_signature": False})
    again = signed(claims, jwt.get_unverified_header(genuine), runtime().settings.key("jwt"))
    assert (await client.get("/auth/me", headers={"Authorization": f"Bearer {again}"})).status_code == 200


async def test_a_user_who_comes_back_needs_a_new_token(client: AsyncClient) -> None:
    owner, user = await a_user(Role.OWNER), await a_user()
    old = bearer(user)
    await client.delete(f"/users/{user.id}", headers=bearer(owner))
    await client.patch(f"/users/{user.id}", json={"isActive": True}, headers=bearer(owner))
    assert (await client.get("/auth/me", headers=old)).status_code == 401


async def test_a_refreshed_token_lives_no_longer_than_its_session(client: AsyncClient) -> None:
    headers = bearer(await a_user())
    hours, step = runtime().settings.session_hours, timedelta(minutes=runtime().settings.token_minutes - 1)
    passed = timedelta()
    while passed <= timedelta(hours=hours) + step:
        with clock.shifted(passed):
            response = await client.post("/auth/refresh", headers=headers)
        if response.status_code != 200:
            break
        headers, passed = {"Authorization": f"Bearer {response.json()['token']}"}, passed + step
    assert timedelta(hours=hours) < passed <= timedelta(hours=hours) + step


class TestWhereCredentialsAreSent:
    async def test_both_kinds_at_once_are_refused(self, client: AsyncClient) -> None:
        await an_app(APP)
        both = {**bearer(await a_user()), **with_key(await an_api_key(APP))}
        assert (await client.get(f"/{APP}/plans", headers=both)).status_code == 401

    @pytest.mark.parametrize("name", ["X-API-Key", "x_api_key", "api_key", "apiKey", "key", "token", "access_token"])
    async def test_in_the_query_string_or_a_cookie_they_are_none(self, name: str, client: AsyncClient) -> None:
        await an_app(APP)
        secret, token = (await an_api_key(APP)).secret, token_of(await a_user())
        for value in (secret, token, f"Bearer {token}"):
            assert (await client.get(f"/{APP}/plans", params={name: value})).status_code == 401
            assert (await client.get(f"/{APP}/plans", headers={"Cookie": f"{name}={value}"})).status_code == 401

    async def test_a_key_is_no_token_and_a_token_no_key(self, client: AsyncClient) -> None:
        await an_app(APP)
        secret, token = (await an_api_key(APP)).secret, token_of(await a_user())
        for headers in ({"Authorization": f"Bearer {secret}"}, {"X-API-Key": token}):
            assert (await client.get(f"/{APP}/plans", headers=headers)).status_code == 401

    async def test_a_header_that_is_given_twice_is_refused(self, platform: object, web_app: FastAPI) -> None:
        """A proxy that checks one of them may not have looked at the other."""
        good = (b"authorization", bearer(await a_user())["Authorization"].encode())
        for headers in ([good, good], [good, (b"authorization", b"Bearer x")], [(b"authorization", b""), good]):
            answer = await send(web_app, "GET", b"/auth/me", headers=headers)
            assert (answer.status, answer.json["error"]) == (401, "The header Authorization is given twice")
