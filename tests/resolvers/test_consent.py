"""What contacts agreed to: a ledger, and a state that follows from it."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from random import Random

import pytest
from beanie import PydanticObjectId
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core import clock
from core.actor import Role
from core.errors import Forbidden, InvalidInput, NotFound
from core.inputs import iso
from core.pages import Page
from models.consent_entries import ConsentEntry
from models.contacts import ConsentCategory, Consents, ConsentState, Contact, LegalBasis
from resolvers.consent import (
    ConsentChange,
    Evidence,
    change_consent,
    list_consent_entries,
    opt_out_contact,
    rebuild_consents,
    record_consent,
    standing_of,
)
from tests.factories.contacts import SYSTEM, a_contact, with_consent
from tests.factories.people import an_actor

NEWSLETTER, PRODUCT, TRANSACTIONAL = (
    ConsentCategory.NEWSLETTER,
    ConsentCategory.PRODUCT,
    ConsentCategory.TRANSACTIONAL,
)
OPTED_IN, OPTED_OUT = ConsentState.OPTED_IN, ConsentState.OPTED_OUT
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

platform = pytest.mark.usefixtures("platform")


def entry(
    category: ConsentCategory | None, state: ConsentState, hours: int, number: int = 0, *, confirmed: bool = False
) -> ConsentEntry:
    """In memory alone, without a database."""
    identity = PydanticObjectId(number.to_bytes(12, "big"))
    made: ConsentEntry = ConsentEntry.model_construct(
        id=identity,
        category=category,
        state=state,
        at=NOON + timedelta(hours=hours),
        legal_basis=None,
        source="tests",
        confirmed=confirmed,
    )
    return made


entries = st.lists(
    st.tuples(
        st.none() | st.sampled_from(ConsentCategory), st.sampled_from(ConsentState), st.integers(0, 5), st.booleans()
    ),
    max_size=12,
).map(
    lambda drawn: [
        entry(category, state, hours, number, confirmed=confirmed)
        for number, (category, state, hours, confirmed) in enumerate(drawn)
    ]
)


@platform
class TestWorks:
    async def test_an_opt_in_shows_on_the_contact_and_its_evidence_in_the_ledger(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_contact()
        evidence = {"source": "form", "text": "Yes, write to me", "ip": "203.0.113.7", "userAgent": "Firefox"}
        given = ConsentChange.model_validate({"category": "newsletter", "state": "opted_in"} | evidence)
        consent = (await change_consent(marketing, str(ada.id), given)).consents.newsletter
        (kept,) = (await list_consent_entries(marketing, str(ada.id), Page())).items
        assert (consent.state, consent.source, consent.entry_id) == (OPTED_IN, "form", kept.id)
        assert consent.legal_basis is kept.legal_basis is LegalBasis.CONSENT
        assert (kept.text, kept.ip, kept.user_agent) == ("Yes, write to me", "203.0.113.7", "Firefox")
        assert kept.recorded_by == marketing.label

    async def test_a_late_entry_is_kept_but_does_not_undo_a_newer_one(self) -> None:
        ada = await a_contact()
        await with_consent(ada, NEWSLETTER, OPTED_OUT)
        late = await with_consent(ada, NEWSLETTER, OPTED_IN, at=iso(clock.now() - timedelta(days=1)))
        assert late.consents.newsletter.state is OPTED_OUT
        assert await ConsentEntry.find({"contactId": ada.id}).count() == 2

    async def test_a_global_opt_out_covers_all_but_transactional_mail(self) -> None:
        ada = await a_contact()
        await with_consent(ada, TRANSACTIONAL, OPTED_IN)
        out = await opt_out_contact(await an_actor(Role.MARKETING), str(ada.id))
        states = {category: out.consents.of(category).state for category in ConsentCategory}
        assert out.global_opt_out
        assert states.pop(TRANSACTIONAL) is OPTED_IN
        assert set(states.values()) == {OPTED_OUT}

    async def test_a_newer_opt_in_ends_the_global_opt_out_for_its_category_alone(self) -> None:
        ada = await a_contact()
        await opt_out_contact(await an_actor(Role.MARKETING), str(ada.id))
        back = await with_consent(ada, NEWSLETTER, OPTED_IN)
        assert not back.global_opt_out
        assert (back.consents.newsletter.state, back.consents.product.state) == (OPTED_IN, OPTED_OUT)

    async def test_opting_out_twice_is_the_same_as_once(self) -> None:
        marketing, ada = await an_actor(Role.MARKETING), await a_contact()
        once = await opt_out_contact(marketing, str(ada.id))
        assert await opt_out_contact(marketing, str(ada.id)) == once
        assert await ConsentEntry.find({"contactId": ada.id}).count() == 1

    async def test_entries_at_once_in_several_categories_all_count(self) -> None:
        ada = await a_contact()
        changed = await asyncio.gather(*(with_consent(ada, category, OPTED_IN) for category in ConsentCategory))
        assert len(changed) == len(ConsentCategory)
        kept = await Contact.get(ada.id)
        assert kept is not None
        assert {kept.consents.of(category).state for category in ConsentCategory} == {OPTED_IN}

    async def test_the_state_can_be_rebuilt_from_the_ledger(self) -> None:
        ada = await a_contact()
        await with_consent(ada, NEWSLETTER, OPTED_IN)
        await with_consent(ada, PRODUCT, ConsentState.PENDING)
        right = await with_consent(ada, NEWSLETTER, OPTED_OUT)
        wrong = Consents().model_dump(by_alias=True)
        await Contact.find({"_id": ada.id}).update({"$set": {"consents": wrong, "optedOutAt": clock.now()}})
        rebuilt = await rebuild_consents(ada.id)
        assert (rebuilt.consents, rebuilt.opted_out_at) == (right.consents, None)

    async def test_a_part_of_the_system_may_record_for_all_categories(self) -> None:
        ada = await a_contact()
        out = await record_consent(ada, None, OPTED_OUT, Evidence("one-click"), clock.now(), by=SYSTEM)
        assert (out.global_opt_out, out.consents.research.source) == (True, "one-click")


class TestProjection:
    @given(entries, st.randoms())
    def test_it_does_not_matter_in_which_order_entries_arrive(self, ledger: list[ConsentEntry], random: Random) -> None:
        shuffled = ledger.copy()
        random.shuffle(shuffled)
        assert standing_of(shuffled) == standing_of(ledger)

    @given(entries)
    def test_the_newest_entry_of_a_category_counts(self, ledger: list[ConsentEntry]) -> None:
        standing = standing_of(ledger)
        for category in ConsentCategory:
            covers = {category} if category is TRANSACTIONAL else {category, None}
            covering = [one for one in ledger if one.category in covers]
            newest = max(covering, key=lambda one: (one.at, one.id), default=None)
            expected = newest.state if newest else ConsentState.NOT_SPECIFIED
            assert standing.consents.of(category).state is expected

    @given(entries)
    def test_what_a_person_confirmed_stays_so_until_they_withdraw(self, ledger: list[ConsentEntry]) -> None:
        standing = standing_of(ledger)
        for category in ConsentCategory:
            covers = {category} if category is TRANSACTIONAL else {category, None}
            newest_first = sorted(ledger, key=lambda one: (one.at, one.id), reverse=True)
            covering = (one for one in newest_first if one.category in covers)
            since_withdrawn = takewhile(lambda one: one.state is OPTED_IN, covering)
            confirmed_at = next((one.at for one in since_withdrawn if one.confirmed), None)
            assert standing.consents.of(category).confirmed_at == confirmed_at

    @given(entries)
    def test_a_global_opt_out_leaves_no_category_opted_in_but_transactional(self, ledger: list[ConsentEntry]) -> None:
        standing = standing_of(ledger)
        others = [category for category in ConsentCategory if category is not TRANSACTIONAL]
        if standing.opted_out_at is not None:
            assert OPTED_IN not in {standing.consents.of(category).state for category in others}


@platform
class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
    async def test_only_marketing_and_admins_record(self, role: Role) -> None:
        actor, ada = await an_actor(role), await a_contact()
        change = ConsentChange(category=NEWSLETTER, state=OPTED_IN)
        with pytest.raises(Forbidden):
            await change_consent(actor, str(ada.id), change)
        with pytest.raises(Forbidden):
            await opt_out_contact(actor, str(ada.id))


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"category": "gossip"}, "category"),
            ({"state": "maybe"}, "state"),
            ({"legalBasis": "because"}, "legalBasis"),
            ({"ip": "not an address"}, "ip"),
            ({"at": "yesterday"}, "at"),
            ({"recordedBy": "me"}, "recordedBy"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, object], wrong: str) -> None:
        with pytest.raises(ValidationError) as error:
            ConsentChange.model_validate({"category": "newsletter", "state": "opted_in"} | fields)
        assert error.value.errors()[0]["loc"] == (wrong,)

    @platform
    async def test_the_future_has_no_consent_yet(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            await with_consent(await a_contact(), NEWSLETTER, OPTED_IN, at=iso(clock.now() + timedelta(hours=1)))
        assert refused.value.field == "at"


@platform
class TestMissing:
    async def test_of_an_unknown_contact_nothing_is_recorded(self) -> None:
        change = ConsentChange(category=NEWSLETTER, state=OPTED_IN)
        with pytest.raises(NotFound):
            await change_consent(await an_actor(), "0" * 24, change)
        assert await ConsentEntry.count() == 0
