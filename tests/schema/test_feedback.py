"""What people say about the apps, in GraphQL."""

import pytest
from httpx import AsyncClient

from core.actor import Role
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.feedback import a_feedback, said
from tests.factories.people import logged_in
from tests.factories.shops import a_shop
from tests.schema.asking import ask, error_of

ADA, TEA = "ada@example.com", "tea.myshopify.com"


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners", name="Banners")
    await a_shop("banners", TEA, email=ADA, owner="Ada Lovelace")


async def test_a_backend_says_something(client: AsyncClient) -> None:
    query = """mutation ($input: FeedbackCreateInput!) { feedbackCreate(appId: "banners", input: $input) {
      feedback { type rating message context } userErrors { field message } } }"""
    backend = with_key(await an_api_key("banners"))
    said = {"type": "IDEA", "rating": 4, "message": "Dark mode", "context": {"theme": "night"}}
    assert (await ask(client, backend, query, input=said))["feedbackCreate"] == {"feedback": said, "userErrors": []}
    refused = (await ask(client, backend, query, input={"rating": 9}))["feedbackCreate"]["userErrors"]
    assert [error["field"] for error in refused] == [["rating"]]


async def test_it_is_listed_with_all_that_belongs_to_it(client: AsyncClient) -> None:
    kept = await said("banners", shopDomain=TEA, rating=2)
    query = """query ($id: ID!) {
      feedback(id: $id) { message app { name } shop { domain } contact { name } want { id } ticket { id } }
      feedbacks(filter: {appId: "banners", rating: 2}, sortKey: RATING, reverse: true) { nodes { id } totalCount } }"""
    assert await ask(client, await logged_in(Role.VIEWER), query, id=str(kept.id)) == {
        "feedback": {
            "message": kept.message,
            "app": {"name": "Banners"},
            "shop": {"domain": TEA},
            "contact": {"name": "Ada Lovelace"},
            "want": None,
            "ticket": None,
        },
        "feedbacks": {"nodes": [{"id": str(kept.id)}], "totalCount": 1},
    }


async def test_staff_sort_it_out_and_make_something_of_it(client: AsyncClient) -> None:
    kept = await said("banners", shopDomain=TEA)
    query = """mutation ($id: ID!) {
      feedbackUpdate(id: $id, input: {note: "Called"}) { feedback { note } }
      feedbackConvertToWant(id: $id, input: {title: "Schedules"}) {
        want { title voteCount feedback { message } } feedback { status want { title } } userErrors { field } }
      feedbackConvertToTicket(id: $id, input: {subject: "It covers the menu", topic: BUG}) {
        ticket { subject topic email } feedback { ticket { subject } } }
      feedbackStatusUpdate(id: $id, input: {status: RESOLVED}) { feedback { status resolvedAt } }
      feedbackDelete(id: $id) { deletedId } }"""
    done = await ask(client, await logged_in(Role.SUPPORT), query, id=str(kept.id))
    assert done["feedbackStatusUpdate"]["feedback"].pop("resolvedAt")
    assert done == {
        "feedbackUpdate": {"feedback": {"note": "Called"}},
        "feedbackConvertToWant": {
            "want": {"title": "Schedules", "voteCount": 1, "feedback": [{"message": kept.message}]},
            "feedback": {"status": "REVIEWED", "want": {"title": "Schedules"}},
            "userErrors": [],
        },
        "feedbackConvertToTicket": {
            "ticket": {"subject": "It covers the menu", "topic": "BUG", "email": ADA},
            "feedback": {"ticket": {"subject": "It covers the menu"}},
        },
        "feedbackStatusUpdate": {"feedback": {"status": "RESOLVED"}},
        "feedbackDelete": {"deletedId": str(kept.id)},
    }


async def test_statistics_and_trend(client: AsyncClient) -> None:
    await a_feedback("banners", rating=4)
    query = """{
      feedbackStats(appId: "banners") { total averageRating byType { type count } byRating { rating count } }
      everywhere: feedbackStats { total byStatus { status count } byPriority { priority count } }
      feedbackTrend(appId: "banners", days: 2) { count averageRating byType { count } } }"""
    found = await ask(client, await logged_in(Role.VIEWER), query)
    assert (found["feedbackStats"]["total"], found["feedbackStats"]["averageRating"]) == (1, 4.0)
    assert [one["count"] for one in found["feedbackStats"]["byRating"]] == [0, 0, 0, 1, 0]
    assert found["everywhere"]["byStatus"][0] == {"status": "NEW", "count": 1}
    assert [day["count"] for day in found["feedbackTrend"]] == [0, 1]
    assert await error_of(client, await logged_in(), "{ feedbackTrend(days: 400) { count } }") == "INVALID_INPUT"


async def test_a_person_a_shop_and_a_merchant_lead_to_what_they_said(client: AsyncClient) -> None:
    await said("banners", shopDomain=TEA, message="Lovely")
    query = """{ contact(email: "ada@example.com") { feedback { message } }
      shop(appId: "banners", id: "tea.myshopify.com") { feedback { message } }
      merchant(domain: "tea.myshopify.com") { feedback { message } } }"""
    lovely = {"feedback": [{"message": "Lovely"}]}
    found = await ask(client, await logged_in(Role.VIEWER), query)
    assert found == {"contact": lovely, "shop": lovely, "merchant": lovely}
    backend = with_key(await an_api_key("banners"))
    shop = '{ shop(appId: "banners", id: "tea.myshopify.com") { feedback { message } } }'
    assert await error_of(client, backend, shop) == "FORBIDDEN"
    assert await error_of(client, backend, "{ feedbacks { nodes { id } } }") == "FORBIDDEN"
