"""What people want of an app, in GraphQL."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.requests import HTTPConnection

from core.actor import Role
from resolvers import want_relations
from resolvers.want_relations import Party
from resolvers.want_upkeep import settle_changed_wants
from schema.edge import Context
from schema.root import SCHEMA
from schema.serving.engine import Engine, Request
from schema.serving.limits import Limits
from tests.factories.api_keys import an_api_key, with_key
from tests.factories.apps import an_app
from tests.factories.end_users import a_stored_end_user, bearer_of
from tests.factories.people import an_actor, logged_in
from tests.factories.plans import a_plan
from tests.factories.shops import a_shop
from tests.factories.wants import SYSTEM, a_want, by, voted, voter
from tests.schema.asking import ask, error_of

ADA, BOB = "ada@example.com", "bob@example.com"
TEA = "tea.myshopify.com"
VOTE = """mutation ($id: ID!, $voter: WantVoterInput) {
  %s(appId: "banners", id: $id, voter: $voter) { want { voteCount hasVoted } userErrors { code field } } }"""


@pytest.fixture(autouse=True)
async def _app(platform: object) -> None:
    await an_app("banners", name="Banners")
    await a_plan("banners", "pro", price="40")


async def test_an_end_user_asks_finds_the_like_and_votes(client: AsyncClient) -> None:
    ada = bearer_of(await a_stored_end_user("banners", ADA))
    known = await a_want("banners", "Schedule banners", author=by(BOB))
    query = """query { similarWants(appId: "banners", title: "Banner schedules") { id title isOwn authorEmail } }"""
    similar = (await ask(client, ada, query))["similarWants"]
    assert similar == [{"id": str(known.id), "title": "Schedule banners", "isOwn": False, "authorEmail": ""}]
    create = """mutation { wantCreate(appId: "banners", input: {title: "Dark mode", vote: true}) {
      want { id status voteCount hasVoted isOwn authorEmail category } userErrors { code } } }"""
    created = (await ask(client, ada, create))["wantCreate"]["want"]
    assert created.pop("id")
    assert created == {
        "status": "PENDING",
        "voteCount": 1,
        "hasVoted": True,
        "isOwn": True,
        "authorEmail": ADA,
        "category": "general",
    }
    for field, votes in (("wantVote", 1), ("wantVote", 1), ("wantUnvote", 0), ("wantUnvote", 0), ("wantVoteToggle", 1)):
        outcome = (await ask(client, ada, VOTE % field, id=str(known.id)))[field]
        assert outcome == {"want": {"voteCount": votes, "hasVoted": bool(votes)}, "userErrors": []}


async def test_the_board_for_an_app_s_backend(client: AsyncClient) -> None:
    backend = with_key(await an_api_key("banners"))
    want = await a_want("banners", "Schedules", author=by(ADA))
    await voted(want, voter(ADA))
    query = """query ($voter: WantVoterInput) {
      publicWants(appId: "banners", voter: $voter, sortKey: VOTES, reverse: true, filter: {search: "SCHED"}) {
        nodes { title hasVoted authorEmail history { status note } mergedInto } totalCount } }"""
    node = {"title": "Schedules", "hasVoted": True, "authorEmail": ADA, "history": [], "mergedInto": None}
    asked = await ask(client, backend, query, voter={"voterEmail": ADA})
    assert asked["publicWants"] == {"nodes": [node], "totalCount": 1}
    asked = await ask(client, backend, query)
    assert asked["publicWants"]["nodes"] == [node | {"hasVoted": False, "authorEmail": ""}]
    nobody = (await ask(client, backend, VOTE % "wantVote", id=str(want.id)))["wantVote"]
    assert nobody == {"want": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["voterEmail"]}]}


async def test_staff_see_what_is_at_stake_and_who_votes(client: AsyncClient) -> None:
    want = await a_want("banners", "Schedules", author=by(ADA))
    await a_shop("banners", TEA, plan="pro", email=ADA, owner="Ada Lovelace")
    await voted(want, voter(ADA), voter(BOB, TEA), voter("eve@example.com"))
    await settle_changed_wants(SYSTEM)
    query = """query ($id: ID!) { want(appId: "banners", id: $id) {
      voteCount votingShops revenueCountedAt
      revenueAtStake { amount currencyCode } merchantRevenueAtStake { amount } lostRevenue { amount }
      votesByPlan { kind plan votes shops revenue { amount } }
      author { email contact { name } }
      voters(first: 5) { nodes { email contact { name } shops { domain } monthlyRevenue { amount } } totalCount } } }"""
    found = (await ask(client, await logged_in(Role.VIEWER), query, id=str(want.id)))["want"]
    assert found.pop("revenueCountedAt")
    paid = [{"amount": "40.00"}]
    assert found == {
        "voteCount": 3,
        "votingShops": 1,
        "revenueAtStake": [{"amount": "40.00", "currencyCode": "USD"}],
        "merchantRevenueAtStake": paid,
        "lostRevenue": [],
        "votesByPlan": [
            {"kind": "PLAN", "plan": "pro", "votes": 2, "shops": 1, "revenue": paid},
            {"kind": "UNKNOWN", "plan": None, "votes": 1, "shops": 0, "revenue": []},
        ],
        "author": {"email": ADA, "contact": {"name": "Ada Lovelace"}},
        "voters": {
            "nodes": [
                {"email": "eve@example.com", "contact": None, "shops": [], "monthlyRevenue": []},
                {"email": BOB, "contact": None, "shops": [{"domain": TEA}], "monthlyRevenue": [{"amount": "40"}]},
                {
                    "email": ADA,
                    "contact": {"name": "Ada Lovelace"},
                    "shops": [{"domain": TEA}],
                    "monthlyRevenue": [{"amount": "40"}],
                },
            ],
            "totalCount": 3,
        },
    }


async def test_staff_look_after_wants(client: AsyncClient) -> None:
    want, into = await a_want("banners", "Schedule"), await a_want("banners", "Schedules")
    await voted(want, voter(ADA))
    query = """mutation ($id: ID!, $into: ID!) {
      wantUpdate(appId: "banners", id: $into, input: {eta: "Spring", tags: ["time"]}) { want { eta tags } }
      wantPriorityUpdate(appId: "banners", id: $into, input: {priority: HIGH}) { want { priority } }
      wantMerge(appId: "banners", id: $id, intoId: $into) {
        want { voteCount duplicates { title mergedInto { title } } } userErrors { code } }
      wantStatusUpdate(appId: "banners", id: $into, input: {status: PLANNED, note: "Soon", notifyVoters: false}) {
        want { status history { before after note } } } }"""
    assert await ask(client, await logged_in(Role.SUPPORT), query, id=str(want.id), into=str(into.id)) == {
        "wantUpdate": {"want": {"eta": "Spring", "tags": ["time"]}},
        "wantPriorityUpdate": {"want": {"priority": "HIGH"}},
        "wantMerge": {
            "want": {"voteCount": 1, "duplicates": [{"title": "Schedule", "mergedInto": {"title": "Schedules"}}]},
            "userErrors": [],
        },
        "wantStatusUpdate": {
            "want": {
                "status": "PLANNED",
                "history": [{"before": "UNDER_REVIEW", "after": "PLANNED", "note": "Soon"}],
            }
        },
    }
    again = """mutation ($id: ID!) { wantMerge(appId: "banners", id: $id, intoId: $id) { userErrors { field } }
      wantDelete(appId: "banners", id: $id) { deletedId } }"""
    assert await ask(client, await logged_in(), again, id=str(into.id)) == {
        "wantMerge": {"userErrors": [{"field": ["intoId"]}]},
        "wantDelete": {"deletedId": str(into.id)},
    }


async def test_statistics(client: AsyncClient) -> None:
    await a_want("banners")
    query = """{ wantStats(appId: "banners") { total byStatus { status count } byCategory { category count }
      byPriority { priority count } } }"""
    stats = (await ask(client, await logged_in(Role.VIEWER), query))["wantStats"]
    assert (stats["total"], stats["byCategory"]) == (1, [{"category": "general", "count": 1}])
    assert {"status": "UNDER_REVIEW", "count": 1} in stats["byStatus"]
    assert [one["count"] for one in stats["byPriority"]] == [0, 1, 0, 0]


async def test_a_person_a_shop_and_a_merchant_lead_to_what_they_want(client: AsyncClient) -> None:
    await a_shop("banners", TEA, email=ADA)
    asked = await a_want("banners", "Schedules", author=by(ADA))
    await voted(await a_want("banners", "Dark mode"), voter(ADA))
    await voted(asked, voter(BOB, TEA))
    query = """{ contact(email: "ada@example.com") { wants { title } votedWants { title voteCount } }
      shop(appId: "banners", id: "tea.myshopify.com") { votedWants { title } }
      merchant(domain: "tea.myshopify.com") { votedWants { title } } }"""
    both = [{"title": "Schedules"}, {"title": "Dark mode"}]
    assert await ask(client, await logged_in(Role.VIEWER), query) == {
        "contact": {"wants": [{"title": "Schedules"}], "votedWants": [{"title": "Dark mode", "voteCount": 1}]},
        "shop": {"votedWants": both},
        "merchant": {"votedWants": both},
    }
    backend = with_key(await an_api_key("banners"))
    shop = '{ shop(appId: "banners", id: "tea.myshopify.com") { votedWants { title author { email } } } }'
    assert await error_of(client, backend, shop) == "FORBIDDEN"


@pytest.mark.parametrize("field", ["wants", "want", "wantStats"])
async def test_staff_s_side_is_for_staff(client: AsyncClient, field: str) -> None:
    want = await a_want("banners")
    fields = {"wants": "{ nodes { id } }", "want": "{ id }", "wantStats": "{ total }"}
    arguments = f', id: "{want.id}"' if field == "want" else ""
    query = f'{{ {field}(appId: "banners"{arguments}) {fields[field]} }}'
    for headers in (with_key(await an_api_key("banners")), bearer_of(await a_stored_end_user("banners"))):
        assert await error_of(client, headers, query) == "FORBIDDEN"


async def test_an_app_s_board_is_set_up(client: AsyncClient) -> None:
    query = """mutation ($board: AppWantBoardUpdateInput!) { appUpdate(id: "banners", input: {wantBoard: $board}) {
      app { wantBoard { autoPublish categories pageUrl } } userErrors { field } } }"""
    owner, page = await logged_in(), "https://banners.example.com/wants/{id}"
    board = {"categories": ["editor", "display", "editor"], "pageUrl": page}
    await ask(client, owner, query, board=board)
    changed = (await ask(client, owner, query, board={"autoPublish": True}))["appUpdate"]["app"]["wantBoard"]
    assert changed == {"autoPublish": True, "categories": ["editor", "display"], "pageUrl": page}
    refused = (await ask(client, owner, query, board={"categories": ["Not A Slug"]}))["appUpdate"]["userErrors"]
    assert refused == [{"field": ["wantBoard", "categories", "0"]}]


async def test_however_many_voters_are_listed_their_shops_are_read_together(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    async def counted(voters: Sequence[Party]) -> Any:
        batches.append(len(voters))
        return await read(voters)

    read = want_relations.shops_of_voters
    monkeypatch.setattr("resolvers.want_relations.shops_of_voters", counted)
    want = await a_want("banners")
    await voted(want, *(voter(f"voter-{number}@example.com") for number in range(5)))
    query = f'{{ want(appId: "banners", id: "{want.id}") {{ voters {{ nodes {{ shops {{ name }} }} }} }} }}'
    await ask(client, await logged_in(), query)
    assert batches == [5]


async def test_staff_who_watch_are_told(platform: object) -> None:
    want, context = await a_want("banners"), Context(await an_actor(Role.VIEWER), HTTPConnection(_SCOPE))
    engine = Engine(SCHEMA, Limits(), production=True)
    watch = 'subscription { wantChanged(appId: "banners") { id voteCount } }'
    answers: Any = await engine.subscribe(engine.prepare(Request(watch, None, {}), context))
    told = asyncio.ensure_future(anext(answers))
    await asyncio.sleep(0)  # it begins to listen
    await voted(want, voter(ADA))
    async with asyncio.timeout(10):
        assert (await told)["data"]["wantChanged"] == {"id": str(want.id), "voteCount": 1}
    await answers.aclose()


_SCOPE: Any = {"type": "http", "headers": []}
