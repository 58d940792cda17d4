"""Suppressions, and whether somebody may be written to, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

ADD = """mutation ($input: SuppressionCreateInput!) {
  suppressionAdd(input: $input) { suppression { id reason scope note } userErrors { field } } }"""
REMOVE = """mutation ($id: ID!, $reason: String!) {
  suppressionRemove(id: $id, input: {reason: $reason}) { suppression { removalReason } userErrors { code field } } }"""


async def test_an_address_is_blocked_explained_and_let_go(client: AsyncClient) -> None:
    admin = await logged_in(Role.ADMIN)
    added = (await ask(client, admin, ADD, input={"email": "ada@example.com", "note": "On the phone"}))[
        "suppressionAdd"
    ]
    identity = added["suppression"].pop("id")
    assert added["suppression"] == {"reason": "MANUAL", "scope": "ALL", "note": "On the phone"}
    asked = """{ canSend(email: "Ada@example.com", category: TRANSACTIONAL) { allowed refusal }
      suppressions(filter: {email: "ADA@example.com", isRemoved: false}) { totalCount } }"""
    blocked = {"canSend": {"allowed": False, "refusal": "BLOCKED"}, "suppressions": {"totalCount": 1}}
    assert await ask(client, admin, asked) == blocked
    removed = await ask(client, admin, REMOVE, id=identity, reason="A mistake")
    assert removed["suppressionRemove"]["suppression"] == {"removalReason": "A mistake"}
    allowed = {"canSend": {"allowed": True, "refusal": None}, "suppressions": {"totalCount": 0}}
    assert await ask(client, admin, asked) == allowed


async def test_marketing_removes_none(client: AsyncClient) -> None:
    variables = {"id": "0" * 24, "reason": "A mistake"}
    assert await error_of(client, await logged_in(Role.MARKETING), REMOVE, **variables) == "FORBIDDEN"


async def test_what_is_no_address_is_a_user_error(client: AsyncClient) -> None:
    added = await ask(client, await logged_in(), ADD, input={"email": "nobody"})
    assert added["suppressionAdd"] == {"suppression": None, "userErrors": [{"field": ["email"]}]}


async def test_removing_what_is_not_there_is_not_found(client: AsyncClient) -> None:
    removed = await ask(client, await logged_in(), REMOVE, id="0" * 24, reason="A mistake")
    assert removed["suppressionRemove"]["userErrors"] == [{"code": "NOT_FOUND", "field": []}]
