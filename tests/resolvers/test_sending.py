"""Whether somebody may be written to: the one decision that every sender asks for."""

from datetime import timedelta
from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from core.actor import Actor, Role
from core.errors import InvalidInput, NotFound, Unauthenticated
from models.apps import App
from models.contacts import Consent, ConsentCategory, Consents, ConsentState, Contact
from models.deliveries import Refusal
from models.suppressions import Suppression, SuppressionReason, SuppressionScope
from resolvers.apps import AppUpdate, update_app
from resolvers.sending import SENTENCES, Verdict, can_send, can_send_all, check_sending, verdict_on
from resolvers.suppressions import SCOPES, suppress
from tests.factories.apps import an_app
from tests.factories.contacts import SYSTEM, a_contact, an_address, somebody, with_consent
from tests.factories.people import an_actor

TRANSACTIONAL, PRODUCT, NEWSLETTER, OUTREACH, RESEARCH = ConsentCategory
OPTED_IN, OPTED_OUT, PENDING, NOT_SPECIFIED = ConsentState
ALL, ALL_BUT_TRANSACTIONAL = SuppressionScope
OTHERS: Final = [category for category in ConsentCategory if category is not TRANSACTIONAL]

BY_CONSENT: Final[dict[tuple[ConsentCategory, ConsentState], Refusal | None]] = {
    (TRANSACTIONAL, OPTED_IN): None,
    (TRANSACTIONAL, OPTED_OUT): Refusal.OPTED_OUT,
    (TRANSACTIONAL, PENDING): None,
    (TRANSACTIONAL, NOT_SPECIFIED): None,
    (PRODUCT, OPTED_IN): None,
    (PRODUCT, OPTED_OUT): Refusal.OPTED_OUT,
    (PRODUCT, PENDING): Refusal.CONFIRMATION_PENDING,
    (PRODUCT, NOT_SPECIFIED): Refusal.NO_CONSENT,
    (NEWSLETTER, OPTED_IN): None,
    (NEWSLETTER, OPTED_OUT): Refusal.OPTED_OUT,
    (NEWSLETTER, PENDING): Refusal.CONFIRMATION_PENDING,
    (NEWSLETTER, NOT_SPECIFIED): Refusal.NO_CONSENT,
    (OUTREACH, OPTED_IN): None,
    (OUTREACH, OPTED_OUT): Refusal.OPTED_OUT,
    (OUTREACH, PENDING): Refusal.CONFIRMATION_PENDING,
    (OUTREACH, NOT_SPECIFIED): None,
    (RESEARCH, OPTED_IN): None,
    (RESEARCH, OPTED_OUT): Refusal.OPTED_OUT,
    (RESEARCH, PENDING): Refusal.CONFIRMATION_PENDING,
    (RESEARCH, NOT_SPECIFIED): Refusal.NO_CONSENT,
}
"""Of somebody who is neither suppressed nor opted out of everything."""

BY_SUPPRESSION: Final[dict[tuple[SuppressionReason, SuppressionScope], tuple[Refusal | None, Refusal]]] = {
    (SuppressionReason.HARD_BOUNCE, ALL): (Refusal.HARD_BOUNCE, Refusal.HARD_BOUNCE),
    (SuppressionReason.SOFT_BOUNCES, ALL): (Refusal.SOFT_BOUNCES, Refusal.SOFT_BOUNCES),
    (SuppressionReason.COMPLAINT, ALL_BUT_TRANSACTIONAL): (None, Refusal.COMPLAINT),
    (SuppressionReason.GDPR, ALL_BUT_TRANSACTIONAL): (None, Refusal.ERASED),
    (SuppressionReason.MANUAL, ALL): (Refusal.BLOCKED, Refusal.BLOCKED),
    (SuppressionReason.MANUAL, ALL_BUT_TRANSACTIONAL): (None, Refusal.BLOCKED),
}
"""Of somebody who opted in to everything before: transactional mail, and all other."""

APP: Final = App.model_construct(id="tea", is_active=True)
SWITCHED_OFF: Final = App.model_construct(id="tea", is_active=False)


def a_suppression(reason: SuppressionReason, scope: SuppressionScope | None = None, days_ago: float = 0) -> Suppression:
    since = clock.now() - timedelta(days=days_ago)
    made: Suppression = Suppression.model_construct(reason=reason, scope=scope or SCOPES[reason], since=since)
    return made


def confirmed(category: ConsentCategory) -> Contact:
    """Opted in to one category just now, by a link that was sent to the address."""
    consent = Consent(state=OPTED_IN, at=clock.now(), confirmed_at=clock.now())
    made: Contact = Contact.model_construct(consents=Consents(**{category.value: consent}), opted_out_at=None, shops=[])
    return made


suppressions = st.lists(
    st.builds(a_suppression, st.sampled_from(SuppressionReason), st.none(), st.floats(-5, 5)), max_size=3
)
contacts = st.none() | st.builds(
    lambda states, opted_out, uses: Contact.model_construct(
        consents=Consents(
            **{category.value: Consent(state=state, at=clock.now()) for category, state in states.items()}
        ),
        opted_out_at=clock.now() if opted_out else None,
        shops=somebody(uses="tea").shops if uses else [],
    ),
    st.fixed_dictionaries({category: st.sampled_from(ConsentState) for category in ConsentCategory}),
    st.booleans(),
    st.booleans(),
)
apps = st.sampled_from([None, APP, SWITCHED_OFF])
categories = st.sampled_from(ConsentCategory)


class TestTheDecision:
    @pytest.mark.parametrize(("category", "state"), BY_CONSENT)
    def test_by_consent(self, category: ConsentCategory, state: ConsentState) -> None:
        assert verdict_on(somebody(category, state), [], category, None).refusal is BY_CONSENT[category, state]

    def test_every_combination_of_category_and_state_is_in_the_table(self) -> None:
        assert set(BY_CONSENT) == set(product(ConsentCategory, ConsentState))

    @pytest.mark.parametrize(("reason", "scope"), BY_SUPPRESSION)
    @pytest.mark.parametrize("category", ConsentCategory)
    def test_by_suppression(
        self, reason: SuppressionReason, scope: SuppressionScope, category: ConsentCategory
    ) -> None:
        transactional, other = BY_SUPPRESSION[reason, scope]
        verdict = verdict_on(somebody(category, OPTED_IN), [a_suppression(reason, scope, -1)], category, None)
        assert verdict.refusal is (transactional if category is TRANSACTIONAL else other)

    @pytest.mark.parametrize("category", ConsentCategory)
    def test_only_a_complaint_ends_with_a_fresh_opt_in(self, category: ConsentCategory) -> None:
        for reason in SuppressionReason:
            verdict = verdict_on(somebody(category, OPTED_IN), [a_suppression(reason, days_ago=1)], category, None)
            lifted = reason is SuppressionReason.COMPLAINT or (
                category is TRANSACTIONAL and SCOPES[reason] is ALL_BUT_TRANSACTIONAL
            )
            assert verdict.allowed is lifted, reason

    @pytest.mark.parametrize("category", OTHERS)
    @pytest.mark.parametrize("reason", SuppressionReason)
    def test_a_fresh_opt_in_by_a_link_that_was_sent_to_them_ends_an_erasure_too(
        self, reason: SuppressionReason, category: ConsentCategory
    ) -> None:
        verdict = verdict_on(confirmed(category), [a_suppression(reason, days_ago=1)], category, None)
        assert verdict.allowed is (reason in (SuppressionReason.COMPLAINT, SuppressionReason.GDPR))
        other = next(one for one in OTHERS if one is not category)
        assert not verdict_on(confirmed(category), [a_suppression(reason, days_ago=1)], other, None).allowed

    def test_one_from_before_the_erasure_does_not(self) -> None:
        erasure = a_suppression(SuppressionReason.GDPR, days_ago=-1)
        assert verdict_on(confirmed(NEWSLETTER), [erasure], NEWSLETTER, None).refusal is Refusal.ERASED

    @pytest.mark.parametrize("reason", [SuppressionReason.HARD_BOUNCE, SuppressionReason.MANUAL])
    def test_what_else_speaks_against_it_stays(self, reason: SuppressionReason) -> None:
        listed = [a_suppression(SuppressionReason.GDPR, days_ago=2), a_suppression(reason, days_ago=1)]
        assert not verdict_on(confirmed(NEWSLETTER), listed, NEWSLETTER, None).allowed
        complaint = a_suppression(SuppressionReason.COMPLAINT, days_ago=-1)
        assert verdict_on(confirmed(NEWSLETTER), [complaint], NEWSLETTER, None).refusal is Refusal.COMPLAINT

    @given(st.permutations([a_suppression(reason) for reason in SuppressionReason]))
    def test_of_several_the_weightiest_is_told(self, listed: list[Suppression]) -> None:
        assert verdict_on(None, listed, NEWSLETTER, None).refusal is Refusal.ERASED
        assert verdict_on(None, listed, TRANSACTIONAL, None).refusal is Refusal.HARD_BOUNCE

    def test_a_fresh_opt_in_to_one_category_says_nothing_of_another(self) -> None:
        ada = somebody(NEWSLETTER, OPTED_IN)
        complaint = a_suppression(SuppressionReason.COMPLAINT, days_ago=1)
        assert verdict_on(ada, [complaint], OUTREACH, None).refusal is Refusal.COMPLAINT

    @pytest.mark.parametrize(("category", "state"), BY_CONSENT)
    def test_by_global_opt_out(self, category: ConsentCategory, state: ConsentState) -> None:
        refusal = verdict_on(somebody(category, state, opted_out=True), [], category, None).refusal
        assert refusal is (BY_CONSENT[category, state] if category is TRANSACTIONAL else Refusal.GLOBAL_OPT_OUT)

    @pytest.mark.parametrize(("category", "state"), BY_CONSENT)
    def test_an_app_that_is_switched_off_sends_transactional_mail_alone(
        self, category: ConsentCategory, state: ConsentState
    ) -> None:
        verdict = verdict_on(somebody(category, state), [], category, SWITCHED_OFF)
        assert verdict.allowed is (category is TRANSACTIONAL and state is not OPTED_OUT)

    def test_who_has_an_app_hears_of_it_without_an_opt_in_but_not_of_others(self) -> None:
        ada = somebody(uses="tea")
        other = App.model_construct(id="cakes", is_active=True)
        assert verdict_on(ada, [], PRODUCT, APP).allowed
        assert verdict_on(ada, [], PRODUCT, other).refusal is Refusal.NO_CONSENT
        assert verdict_on(somebody(PRODUCT, OPTED_OUT, uses="tea"), [], PRODUCT, APP).refusal is Refusal.OPTED_OUT

    def test_of_a_stranger_nothing_is_known(self) -> None:
        allowed = {category for category in ConsentCategory if verdict_on(None, [], category, APP).allowed}
        assert allowed == {TRANSACTIONAL, OUTREACH}

    @pytest.mark.parametrize("refusal", Refusal)
    def test_every_refusal_has_a_sentence_of_its_own(self, refusal: Refusal) -> None:
        assert Verdict(refusal).sentence == SENTENCES[refusal]
        assert len(set(SENTENCES.values())) == len(Refusal)


class TestWhatNeverHappens:
    @given(contacts, suppressions, categories, apps)
    def test_mail_to_an_address_that_does_not_exist(
        self, contact: Contact | None, listed: list[Suppression], category: ConsentCategory, app: App | None
    ) -> None:
        bounced = [*listed, a_suppression(SuppressionReason.HARD_BOUNCE)]
        assert not verdict_on(contact, bounced, category, app).allowed

    @given(contacts, suppressions, categories, apps)
    def test_mail_of_a_category_to_somebody_who_opted_out_of_it(
        self, contact: Contact | None, listed: list[Suppression], category: ConsentCategory, app: App | None
    ) -> None:
        if contact is not None and contact.consents.of(category).state is OPTED_OUT:
            assert not verdict_on(contact, listed, category, app).allowed

    @given(contacts, suppressions, st.sampled_from(OTHERS), apps)
    def test_other_than_transactional_mail_to_somebody_who_complained_since(
        self, contact: Contact | None, listed: list[Suppression], category: ConsentCategory, app: App | None
    ) -> None:
        complained = [*listed, a_suppression(SuppressionReason.COMPLAINT, days_ago=-1)]
        assert not verdict_on(contact, complained, category, app).allowed

    @given(contacts, suppressions, st.sampled_from(OTHERS), apps)
    def test_other_than_transactional_mail_to_somebody_who_opted_out_of_everything(
        self, contact: Contact | None, listed: list[Suppression], category: ConsentCategory, app: App | None
    ) -> None:
        if contact is not None and contact.global_opt_out:
            assert not verdict_on(contact, listed, category, app).allowed

    @given(contacts, suppressions, suppressions, categories, apps)
    def test_a_suppression_more_that_allows_more(
        self,
        contact: Contact | None,
        listed: list[Suppression],
        more: list[Suppression],
        category: ConsentCategory,
        app: App | None,
    ) -> None:
        if verdict_on(contact, [*listed, *more], category, app).allowed:
            assert verdict_on(contact, listed, category, app).allowed


@pytest.mark.usefixtures("platform")
class TestLoading:
    async def test_an_address_is_judged_whatever_its_case(self) -> None:
        ada = await a_contact("ada@example.com")
        assert (await can_send("ADA@example.com", NEWSLETTER, None)).refusal is Refusal.NO_CONSENT
        await with_consent(ada, NEWSLETTER, OPTED_IN)
        assert (await can_send("ADA@example.com", NEWSLETTER, None)).allowed
        await suppress("Ada@Example.com", SuppressionReason.HARD_BOUNCE, at=clock.now(), source="tests")
        assert (await can_send("ada@example.com", NEWSLETTER, None)).refusal is Refusal.HARD_BOUNCE

    async def test_many_are_judged_at_once(self) -> None:
        people = [await a_contact() for _ in range(20)]
        await with_consent(people[3], NEWSLETTER, OPTED_IN)
        await with_consent(people[4], NEWSLETTER, OPTED_IN)
        await suppress(people[4].email, SuppressionReason.COMPLAINT, at=clock.now(), source="tests")
        addresses = [*(person.email for person in people), "stranger@example.com"]
        verdicts = await can_send_all(addresses, NEWSLETTER, None)
        assert list(verdicts) == addresses
        assert [address for address, verdict in verdicts.items() if verdict.allowed] == [people[3].email]
        assert verdicts[people[4].email].refusal is Refusal.COMPLAINT

    async def test_staff_are_told_why(self) -> None:
        viewer, app, address = await an_actor(Role.VIEWER), await an_app(), an_address()
        await update_app(SYSTEM, app.id, AppUpdate.model_validate({"isActive": False}))
        verdict = await check_sending(viewer, address, OUTREACH, app.id)
        assert (verdict.allowed, verdict.sentence) == (False, SENTENCES[Refusal.APP_INACTIVE])
        assert (await check_sending(viewer, address, OUTREACH)).allowed

    async def test_strangers_are_told_nothing(self) -> None:
        with pytest.raises(Unauthenticated):
            await check_sending(Actor.anonymous(), an_address(), OUTREACH)

    async def test_what_is_no_address_is_named(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            await check_sending(await an_actor(), "no address", OUTREACH)
        assert refused.value.field == "email"

    async def test_an_unknown_app_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            await check_sending(await an_actor(), an_address(), OUTREACH, "unknown-app")
