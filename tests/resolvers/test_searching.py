"""One search over everything that staff look for."""

from dataclasses import replace
from typing import Any, Final

import pytest

from core.access import ADMINS, allow
from core.actor import Actor, Role
from core.errors import Forbidden, Unauthenticated
from core.words import words_of
from models.contacts import Contact
from models.shops import Shop
from models.tickets import Ticket
from resolvers import search_sources, searching
from resolvers.campaigns import CampaignCreate, create_campaign
from resolvers.contacts import get_contact
from resolvers.gdpr import erase_contact
from resolvers.search_sources import SearchMatch, SearchType
from resolvers.searching import MOST, SEARCHED, SearchQuery, search
from resolvers.template_inputs import TemplateCreate
from resolvers.templates import create_template
from resolvers.want_titles import tokens_of
from tests.factories.api_keys import backend_of
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact
from tests.factories.people import an_actor
from tests.factories.prospects import a_prospect
from tests.factories.shops import a_shop, days_ago
from tests.factories.tickets import a_ticket
from tests.factories.wants import a_want

pytestmark = pytest.mark.usefixtures("platform")

SYSTEM: Final = Actor.system("tests")
TEA: Final = "tea-and-cakes.myshopify.com"


async def found(text: str, *types: SearchType, actor: Actor = SYSTEM, **fields: Any) -> list[tuple[str, str]]:
    """How each was found, and what it is called."""
    asked = SearchQuery.model_validate({"query": text, "types": list(types) or None, **fields})
    return [(one.match.value, one.title) for one in await search(actor, asked)]


async def a_template(app_id: str, **fields: Any) -> None:
    data = {"key": "welcome", "category": "general", "subject": "Welcome", "html": "<p>Hello</p>", **fields}
    await create_template(SYSTEM, app_id, TemplateCreate.model_validate(data))


class TestEverything:
    async def test_is_found_by_a_word_of_its_name(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, name="The Tea Company")
        await a_contact("ada@example.com", name="Ada of Tea")
        await a_prospect("carl@example.com", company="Tea and Company")
        ticket = await a_ticket(app.id, email="bob@example.com", subject="The tea banner is gone")
        await a_want(app.id, "A banner about tea")
        campaign = {"name": "Tea time", "subject": "News", "html": '<a href="{{ unsubscribe_url }}">Leave</a>'}
        await create_campaign(SYSTEM, app.id, CampaignCreate.model_validate(campaign))
        await a_template(app.id, subject="Your tea is ready")
        assert await found("tea") == [
            ("begins", "The Tea Company"),
            ("words", "Ada of Tea <ada@example.com>"),
            ("words", "Tea and Company <carl@example.com>"),
            ("words", f"{ticket.reference} The tea banner is gone"),
            ("words", "A banner about tea"),
            ("words", "Tea time"),
            ("words", "welcome"),
        ]

    async def test_is_found_by_its_id(self) -> None:
        app = await an_app()
        ticket, contact = await a_ticket(app.id), await a_contact()
        assert await found(str(ticket.id)) == [("exact", f"{ticket.reference} {ticket.subject}")]
        assert await found(f" {str(contact.id).upper()} ") == [("exact", contact.email)]


class TestMerchants:
    async def test_are_found_once_however_many_apps_they_have(self) -> None:
        for _ in range(3):
            await a_shop((await an_app()).id, TEA, name="Tea")
        await a_shop((await an_app()).id, "tea-two.myshopify.com", name="Tea two")
        assert await found("tea", SearchType.MERCHANT) == [("begins", "Tea"), ("begins", "Tea two")]
        assert await found("tea", SearchType.MERCHANT, first=1) == [("begins", "Tea")]

    @pytest.mark.parametrize("text", [TEA, TEA.upper(), "tea-and-cakes", "ada@tea.example"])
    async def test_are_found_by_domain_and_address(self, text: str) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, name="Tea", email="Ada@tea.example")
        assert await found(text, SearchType.MERCHANT) == [("exact", "Tea")]


class TestTickets:
    @pytest.mark.parametrize("form", ["{}", "#{}"])
    async def test_are_found_by_number_in_every_app(self, form: str) -> None:
        one, two = await a_ticket((await an_app()).id), await a_ticket((await an_app()).id)
        assert one.number == two.number
        assert len(await found(form.format(one.number), SearchType.TICKET)) == 2

    async def test_are_found_by_their_requester_and_shop(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA)
        ticket = await a_ticket(app.id, email="ada@example.com", shop_domain=TEA)
        for text in ("ADA@example.com", TEA):
            assert await found(text, SearchType.TICKET) == [("exact", f"{ticket.reference} {ticket.subject}")]


class TestTheOrder:
    async def test_is_exact_then_the_beginning_then_words(self) -> None:
        app = await an_app()
        await a_shop(app.id, "tea.myshopify.com", name="One")
        await a_shop(app.id, "tea-and-cakes.myshopify.com", name="Two")
        await a_shop(app.id, "cakes.myshopify.com", name="More tea")
        assert await found("tea") == [("exact", "One"), ("begins", "Two"), ("words", "More tea")]

    async def test_of_an_address_ends_with_its_beginning(self) -> None:
        await a_contact("ada@example.com.au")
        await a_contact("ada@example.com")
        await a_contact("bob@example.com", name="Ada Example Com")
        assert [match for match, _ in await found("ada@example.com")] == ["exact", "begins"]

    async def test_a_whole_word_comes_before_a_longer_one(self) -> None:
        for name in ("Teapot", "Teal", "Tea"):
            await a_contact(name=name)
        assert [title.split()[0] for _, title in await found("tea")] == ["Tea", "Teal", "Teapot"]

    async def test_no_type_has_more_than_is_asked_for(self) -> None:
        for number in range(4):
            await a_contact(f"tea-{number}@example.com")
        assert len(await found("tea", first=3)) == 3


class TestWords:
    async def test_all_have_to_be_there_in_any_order(self) -> None:
        await a_contact("ada@example.com", name="Ada Lovelace")
        await a_contact("ada@cakes.example", name="Ada Byron")
        assert await found("love ada") == [("words", "Ada Lovelace <ada@example.com>")]
        assert await found("byron love") == []

    async def test_are_without_case_and_accents(self) -> None:
        await a_contact("zoe@example.com", name="Zoë Müller")
        assert len(await found("MULLER zoe")) == 1

    async def test_that_everybody_has_find_nobody(self) -> None:
        await a_contact("ada@example.com")
        assert await found("com") == await found("!?") == await found("(") == []

    async def test_are_looked_up_by_the_rarest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many have the others."""
        monkeypatch.setattr(search_sources, "LOOKED_AT", 3)
        for number in range(5):
            await a_contact(f"person-{number}@example.com", name="Example")
        await a_contact("ada@example.com", name="Ada Example")
        assert await found("example ada") == [("words", "Ada Example <ada@example.com>")]

    async def test_follow_what_they_are_made_of(self) -> None:
        contact = await a_contact("ada@example.com", name="Ada")
        await contact.set({"searchWords": words_of("Grace", "grace@example.com")})
        assert await found("ada", SearchType.CONTACT) == [("begins", "Ada <ada@example.com>")]
        assert len(await found("grace")) == 1


class TestWhatIsGone:
    async def test_is_not_found(self) -> None:
        contact = await a_contact("ada@example.com", name="Ada")
        await contact.set({"erasedAt": days_ago(1)})
        assert await found("ada") == await found("ada@example.com") == []

    async def test_leaves_no_words_behind(self) -> None:
        app = await an_app()
        await a_shop(app.id, TEA, email="ada@example.com", owner="Ada")
        await a_ticket(app.id, email="ada@example.com", subject="Ada's banner")
        contact = await get_contact(SYSTEM, "ada@example.com")
        await erase_contact(SYSTEM, str(contact.id))
        for document in (Contact, Shop, Ticket):
            assert await document.find({"searchWords": {"$in": ["ada", "example"]}}).count() == 0


@allow(ADMINS)
async def list_secrets(actor: Actor) -> None:
    """Of a domain that not everybody may read."""


class TestWhoMay:
    async def test_staff_alone(self) -> None:
        app = await an_app()
        with pytest.raises(Unauthenticated):
            await found("tea", actor=Actor.anonymous())
        with pytest.raises(Forbidden):
            await found("tea", actor=backend_of(app.id))

    async def test_a_type_is_searched_for_those_who_may_list_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        await a_contact("ada@example.com")
        secret = [replace(one, shown_by=list_secrets) for one in SEARCHED]
        monkeypatch.setattr(searching, "SEARCHED", secret)
        assert len(await found("ada", actor=await an_actor(Role.ADMIN))) == 1
        assert await found("ada", actor=await an_actor(Role.SUPPORT)) == []


class TestValidation:
    @pytest.mark.parametrize(
        "wrong", [{"query": ""}, {"query": "x" * 201}, {"first": 0}, {"first": MOST + 1}, {"types": []}]
    )
    def test_what_is_asked_for_is_bounded(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            SearchQuery.model_validate({"query": "tea", **wrong})

    @pytest.mark.parametrize("text", ["^a", ".*", "$ne", "a|b", "(?=a)", "[", "\\"])
    async def test_no_sign_means_anything(self, text: str) -> None:
        await a_contact("nobody@example.com")
        assert await found(text) == []


class TestSources:
    def test_there_is_one_of_each_type(self) -> None:
        assert sorted(source.finds for source in SEARCHED) == sorted(SearchType)

    @pytest.mark.parametrize("source", SEARCHED, ids=lambda one: one.finds)
    def test_have_indexes(self, source: search_sources.Searched) -> None:
        settings: Any = source.document.Settings
        leading = {next(iter(index.document["key"])) for index in settings.indexes}
        asked = search_sources.Asked(TEA, ["banners"])
        exact = {next(iter(query)) for query in source.exact(asked)}
        assert {source.words, *exact, *([source.key] if source.key else [])} <= leading

    def test_matches_have_an_order(self) -> None:
        assert list(SearchMatch) == [SearchMatch.EXACT, SearchMatch.BEGINS, SearchMatch.WORDS]

    def test_words_are_told_apart(self) -> None:
        assert words_of("Ada's tea", None, "ada@example.com", "x_y") == ["ada", "s", "tea", "example", "x", "y"]
        assert tokens_of("The tea") == ["tea"]
