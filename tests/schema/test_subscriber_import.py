"""Taking in many subscribers at once, in GraphQL."""

from httpx import AsyncClient

from core.actor import Role
from tests.factories.apps import an_app
from tests.factories.people import logged_in
from tests.schema.asking import ask, error_of

IMPORT = """mutation ($app: ID!, $input: SubscribersImportInput!) { subscribersImport(appId: $app, input: $input) {
  outcome { total imported updated unchanged skipped withoutConsent ignoredColumns errors { row email reason } }
  userErrors { code message field } } }"""
ADA = {"email": "ada@example.com", "name": "Ada", "tags": ["vip"], "consent": True}


async def test_rows_and_files_are_taken_in(client: AsyncClient) -> None:
    marketing, app = await logged_in(Role.MARKETING), await an_app()
    rows = [{**ADA, "consentedAt": "2026-01-31T09:00:00Z"}, {"email": "nobody"}]
    answer = await ask(client, marketing, IMPORT, app=app.id, input={"rows": rows})
    outcome = answer["subscribersImport"]["outcome"]
    (error,) = outcome.pop("errors")
    assert (error["row"], error["email"]) == (2, "nobody")
    assert outcome == {
        "total": 2, "imported": 1, "updated": 0, "unchanged": 0, "skipped": 1, "withoutConsent": 0, "ignoredColumns": []
    }  # fmt: skip
    answer = await ask(client, marketing, IMPORT, app=app.id, input={"csv": "email,shoes\nada@example.com,42\n"})
    outcome = answer["subscribersImport"]["outcome"]
    assert (outcome["unchanged"], outcome["ignoredColumns"]) == (1, ["shoes"])


async def test_support_takes_in_nobody(client: AsyncClient) -> None:
    app = await an_app()
    refused = await error_of(client, await logged_in(Role.SUPPORT), IMPORT, app=app.id, input={"rows": [ADA]})
    assert refused == "FORBIDDEN"


async def test_a_file_that_can_not_be_read_is_a_user_error(client: AsyncClient) -> None:
    marketing, app = await logged_in(Role.MARKETING), await an_app()
    for wrong in ({"csv": "name\nAda"}, {}, {"csv": "email\n", "rows": []}):
        answer = await ask(client, marketing, IMPORT, app=app.id, input=wrong)
        assert answer["subscribersImport"]["outcome"] is None
        assert answer["subscribersImport"]["userErrors"][0]["code"] == "INVALID_INPUT"
