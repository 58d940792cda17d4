"""Requests of signing in by a link or a code."""

from typing import Final

from tests.contract.requests.calling import APP, Caller, Parameters, Request
from tests.factories.end_users import MERCHANT, a_magic_link

TOKEN: Final = "a token from a mail"


async def a_link(_: Caller) -> Parameters:
    await a_magic_link(APP, TOKEN)
    return {}


REQUESTS: Final[dict[str, Request]] = {
    "POST /{appId}/magic-link/request": Request(body={"email": MERCHANT, "language": "de"}),
    "POST /{appId}/magic-link/verify": Request(a_link, {"token": TOKEN}),
}
