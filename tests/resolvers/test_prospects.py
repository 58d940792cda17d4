"""People whom the company might win as customers."""

import asyncio

import pytest
from pydantic import ValidationError

from core.actor import Actor, Role
from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from core.pages import Page
from models.contacts import ConsentCategory, ConsentState
from models.prospects import Prospect, ProspectNote, ProspectStatus
from resolvers import prospects
from resolvers.gdpr import erase_contact
from resolvers.prospect_notes import ProspectNoteCreate, add_prospect_note
from resolvers.prospects import ProspectCreate, ProspectFilter, ProspectSortKey, ProspectUpdate
from resolvers.users import deactivate_user
from tests.factories.apps import an_app
from tests.factories.contacts import a_contact, with_consent
from tests.factories.people import a_user, an_actor
from tests.factories.prospects import a_prospect, prospect_now
from tests.factories.shops import a_shop

pytestmark = pytest.mark.usefixtures("platform")


async def listed(actor: Actor, sort: ProspectSortKey = ProspectSortKey.EMAIL, **filters: object) -> list[str]:
    given = ProspectFilter.model_validate(filters)
    found = await prospects.list_prospects(actor, Page(), given, sort.order())
    return [prospect.email for prospect in found.items]


async def updated(actor: Actor, prospect_id: object, **fields: object) -> Prospect:
    return await prospects.update_prospect(actor, str(prospect_id), ProspectUpdate.model_validate(fields))


class TestWorks:
    async def test_a_prospect_is_found_by_id_and_by_address_in_any_case(self) -> None:
        viewer, ada = await an_actor(Role.VIEWER), await a_prospect("Ada@Example.com", name="Ada", company="Tea")
        assert (await prospects.get_prospect(viewer, str(ada.id))).id == ada.id
        assert (await prospects.get_prospect(viewer, "ADA@example.com")).name == "Ada"
        assert (ada.status, ada.history, ada.contact_id) == (ProspectStatus.NEW, [], None)

    async def test_lists_filter_by_all_that_is_known(self) -> None:
        owner = await a_user(Role.MARKETING)
        viewer = await an_actor(Role.VIEWER)
        await a_prospect("ada@example.com", company="Tea & Cakes", tags=["tea"], country="GB", ownerId=str(owner.id))
        await a_prospect("bea@example.com", source="fair", score=80, status="qualified")
        assert await listed(viewer) == ["ada@example.com", "bea@example.com"]
        for filters, expected in (
            ({"search": "CAKES"}, "ada"),
            ({"tag": "tea"}, "ada"),
            ({"country": "GB"}, "ada"),
            ({"ownerId": str(owner.id)}, "ada"),
            ({"status": "new,engaged"}, "ada"),
            ({"source": "fair"}, "bea"),
            ({"status": ["qualified"]}, "bea"),
        ):
            assert await listed(viewer, **filters) == [f"{expected}@example.com"], filters
        assert await listed(viewer, search=".*") == []
        assert await listed(viewer, ProspectSortKey.SCORE) == ["ada@example.com", "bea@example.com"]

    async def test_an_update_leaves_alone_what_was_not_sent(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect(name="Ada", company="Tea", score=3)
        changed = await updated(marketing, ada.id, company="Cakes", score=None, facts={"shops": 2})
        assert (changed.name, changed.company, changed.score, changed.facts) == ("Ada", "Cakes", None, {"shops": 2})
        assert await listed(marketing, search="cakes") == [ada.email]

    async def test_updates_at_once_all_count(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        fields: list[dict[str, object]] = [{"name": "Ada"}, {"title": "CEO"}, {"country": "GB"}, {"status": "engaged"}]
        await asyncio.gather(*(updated(marketing, ada.id, **one) for one in fields))
        now = await prospect_now(ada)
        assert (now.name, now.title, now.country, now.status) == ("Ada", "CEO", "GB", ProspectStatus.ENGAGED)

    async def test_statistics_have_every_status(self) -> None:
        await a_prospect(source="fair")
        await a_prospect(source="fair", status="contacted")
        stats = await prospects.prospect_stats(await an_actor(Role.VIEWER))
        assert (stats.total, stats.by_source) == (2, {"fair": 2})
        assert set(stats.by_status) == set(ProspectStatus)
        assert stats.by_status[ProspectStatus.CONTACTED] == 1

    async def test_deleting_takes_the_notes_along(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_prospect()
        await add_prospect_note(marketing, str(ada.id), ProspectNoteCreate(note="Met at a fair"))
        await prospects.delete_prospect(marketing, str(ada.id))
        assert await ProspectNote.find_all().count() == 0
        with pytest.raises(NotFound):
            await prospects.delete_prospect(marketing, str(ada.id))

    async def test_who_leaves_the_staff_owns_no_prospects(self) -> None:
        owner = await a_user(Role.MARKETING)
        ada = await a_prospect(ownerId=str(owner.id))
        await deactivate_user(await an_actor(), str(owner.id))
        assert (await prospect_now(ada)).owner_id is None


class TestBeginning:
    """Where a new prospect stands follows from what is known of the person."""

    async def test_whose_shop_has_an_app_is_a_customer(self) -> None:
        app = await an_app()
        await a_shop(app.id, email="ada@tea.example.com")
        ada = await a_prospect("ADA@tea.example.com")
        assert ada.status is ProspectStatus.CUSTOMER
        assert (ada.converted_at, [change.after for change in ada.history]) == (ada.created_at, [ada.status])
        assert ada.contact_id is not None

    async def test_who_withdrew_is_not_to_be_contacted(self) -> None:
        contact = await a_contact()
        await with_consent(contact, ConsentCategory.OUTREACH, ConsentState.OPTED_OUT, source="unsubscribe link")
        ada = await a_prospect(contact.email, status="engaged")
        assert ada.status is ProspectStatus.DO_NOT_CONTACT
        assert ada.history[-1].reason == "Withdrew from outreach: unsubscribe link"

    async def test_who_was_erased_is_nobody_s_prospect(self) -> None:
        contact = await a_contact("ada@example.com")
        await erase_contact(await an_actor(), str(contact.id))
        with pytest.raises(InvalidInput) as refused:
            await a_prospect("Ada@example.com")
        assert refused.value.field == "email"

    async def test_a_status_that_is_known_is_kept_with_who_said_so(self) -> None:
        marketing = await an_actor(Role.MARKETING)
        data = ProspectCreate.model_validate({"email": "ada@example.com", "status": "qualified"})
        ada = await prospects.create_prospect(marketing, data)
        assert [(one.before, one.after, one.by) for one in ada.history] == [
            (ProspectStatus.NEW, ProspectStatus.QUALIFIED, marketing.label)
        ]


class TestWhoMay:
    async def test_strangers_see_nobody(self) -> None:
        ada = await a_prospect()
        with pytest.raises(Unauthenticated):
            await prospects.get_prospect(Actor.anonymous(), str(ada.id))

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_write(self, role: Role) -> None:
        actor, ada = await an_actor(role), await a_prospect()
        with pytest.raises(Forbidden):
            await prospects.create_prospect(actor, ProspectCreate.model_validate({"email": "new@example.com"}))
        with pytest.raises(Forbidden):
            await updated(actor, ada.id, name="Ada")
        with pytest.raises(Forbidden):
            await prospects.delete_prospect(actor, str(ada.id))


class TestValidation:
    async def test_an_address_is_unique_without_regard_to_case(self) -> None:
        await a_prospect("ada@example.com")
        with pytest.raises(Conflict) as conflict:
            await a_prospect("ADA@example.com")
        assert conflict.value.field == "email"

    async def test_of_many_who_add_an_address_at_once_one_does(self) -> None:
        added = await asyncio.gather(*(a_prospect("ada@example.com") for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(one, Conflict) for one in added) == 4

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"email": "no address"}, "email"),
            ({"country": "Austria"}, "country"),
            ({"domain": "no domain"}, "domain"),
            ({"shopDomain": "tea.example.com"}, "shopDomain"),
            ({"score": 101}, "score"),
            ({"status": "won"}, "status"),
            ({"facts": {"$where": "1"}}, "facts"),
            ({"facts": {"text": "x" * 9_990, "more": "x" * 9_990}}, "facts"),
            ({"tags": [""]}, "tags"),
            ({"version": 7}, "version"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            ProspectCreate.model_validate({"email": "ada@example.com"} | fields)
        assert error.value.errors()[0]["loc"][0] == wrong

    def test_a_web_address_is_taken_for_its_domain(self) -> None:
        data = ProspectCreate.model_validate({"email": "ada@example.com", "domain": "https://www.Tea.example/shop"})
        assert data.domain == "tea.example"

    @pytest.mark.parametrize("owner", ["0" * 24, "deactivated"])
    async def test_an_owner_is_of_the_staff(self, owner: str) -> None:
        if owner == "deactivated":
            owner = str((await a_user(Role.MARKETING, is_active=False)).id)
        with pytest.raises(InvalidInput) as refused:
            await a_prospect(ownerId=owner)
        assert refused.value.field == "ownerId"

    def test_an_address_can_not_be_changed(self) -> None:
        with pytest.raises(ValidationError):
            ProspectUpdate.model_validate({"email": "other@example.com"})

    async def test_a_reason_goes_with_a_status(self) -> None:
        ada = await a_prospect()
        with pytest.raises(InvalidInput) as refused:
            await updated(await an_actor(Role.MARKETING), ada.id, reason="Why not")
        assert refused.value.field == "reason"


class TestMissing:
    @pytest.mark.parametrize("identity", ["0" * 24, "nobody@example.com", '{"$ne": null}', ""])
    async def test_an_unknown_prospect_is_not_found(self, identity: str) -> None:
        with pytest.raises(NotFound):
            await prospects.get_prospect(await an_actor(), identity)
